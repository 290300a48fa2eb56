using Microsoft.Extensions.Hosting;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Status;

/// <summary>What the LEDs say, in words on the box's display: one page for each that asks for somebody, five seconds a page.</summary>
/// <param name="language">fi, sv or en: what the people at this branch read.</param>
public sealed class DisplayPages(ITextDisplay display, Func<IReadOnlyList<Lamp>> lamps, TimeProvider time, string language) : BackgroundService
{
    private static readonly TimeSpan PageShown = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PageShown, time);
        var shown = 0;
        do
        {
            var pages = Pages(lamps(), display.Columns, language);
            display.Show(pages[shown++ % pages.Count]);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    /// <summary>The legend's words, broken at spaces; at least one page.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Pages(IReadOnlyList<Lamp> lamps, int columns, string language)
    {
        List<IReadOnlyList<string>> pages = [.. lamps.Where(lamp => lamp.Do is not null).Select(lamp => (IReadOnlyList<string>)[$"LED {lamp.Led}{(lamp.Count > 0 ? $": {lamp.Count}" : "")}", .. Wrapped(lamp.Words.In(language), columns), "", .. Wrapped("> " + lamp.Do!.In(language), columns)])];
        if (pages.Count == 0) pages.Add(["Nauha", "", .. Wrapped(lamps.FirstOrDefault(lamp => lamp.Name == "health")?.Words.In(language) ?? "", columns)]);
        return pages;
    }

    private static List<string> Wrapped(string words, int columns)
    {
        var rows = new List<string> { "" };
        foreach (var word in words.Split(' '))
        {
            if (rows[^1].Length > 0 && rows[^1].Length + 1 + word.Length > columns) rows.Add("");
            rows[^1] += rows[^1].Length > 0 ? " " + word : word;
        }
        return rows;
    }
}
