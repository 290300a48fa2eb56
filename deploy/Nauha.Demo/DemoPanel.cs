using System.Text.Json;
using Spectre.Console;

namespace Nauha.Demo;

/// <summary>The box's LEDs and lines as it happens, read from the file that the recorder replaces each second; then what to click.</summary>
internal sealed class DemoPanel(string recorderData, RunningProgram recorder, string link)
{
    public async Task<int> ShowAsync(CancellationToken cancel)
    {
        var path = Path.Combine(recorderData, "run", "status.json");
        try
        {
            await AnsiConsole.Live(new Text("starting …")).StartAsync(async live =>
            {
                while (!cancel.IsCancellationRequested && !recorder.HasExited)
                {
                    if (File.Exists(path)) live.UpdateTarget(Panel(JsonDocument.Parse(await File.ReadAllBytesAsync(path, cancel)).RootElement));
                    await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, cancel);
                }
            });
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends the demo
        }
        return recorder.HasExited && !cancel.IsCancellationRequested ? throw new DemoException($"The recorder has stopped: {recorder.LastWords}") : 0;
    }

    private Rows Panel(JsonElement status)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Nauha: one branch, two lines").AddColumns("", "", "");
        foreach (var led in status.GetProperty("leds").EnumerateArray())
        {
            var colour = led.GetProperty("colour").GetString() switch { "amber" => "yellow", "white" => "white", _ => "blue" };
            table.AddRow(new Markup($"[{colour}]●[/]"), new Text($"LED {led.GetProperty("led").GetInt32()} {led.GetProperty("name").GetString()}"), new Text(led.GetProperty("words").GetString()!));
        }
        foreach (var line in status.GetProperty("lines").EnumerateArray())
            table.AddRow(new Text("☎"), new Text($"line {line.GetProperty("line").GetInt32()}: {line.GetProperty("state").GetString()}"), new Text($"{line.GetProperty("recordedSeconds").GetDouble():F1} s recorded, {line.GetProperty("sealedBytes").GetInt64()} bytes sealed"));
        var sync = status.GetProperty("sync");
        table.AddRow(new Text("↑"), new Text(sync.GetProperty("connected").GetBoolean() ? "central reached" : "no central"), new Text($"{sync.GetProperty("backlog").GetInt32()} waiting, {sync.GetProperty("sentBytes").GetInt64()} bytes sent, last receipt {sync.GetProperty("lastReceiptUtc").GetString() ?? "none yet"}"));
        return new Rows(table, new Markup($"""

            [bold]What to look at[/]
            1. Open {link.EscapeMarkup()}
               (central's certificate is its own: the browser asks once) and make the first account.
            2. Sign in, search the last hour, open a call, say why, and listen.
            3. Ctrl-C ends the demo; its data is gone with it.
            """));
    }
}
