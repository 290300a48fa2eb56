using System.Text.Json;
using Nauha.Device.Words;
using Nauha.Recorder.Status;
using Spectre.Console;

namespace Nauha.Device.Commands;

/// <summary>The status as a person reads it: its codes in the words of the LEDs' legend and of the program.</summary>
internal static class StatusPage
{
    /// <param name="status">As the recorder writes it, and whether it has stopped.</param>
    public static Table Of(JsonElement status, BoxWords words)
    {
        string W(string key, params ReadOnlySpan<object?> with) => words.Of("status", key, with);
        var table = new Table().Border(TableBorder.Rounded).Title(status.GetProperty("stopped").GetBoolean() ? W("stopped") : "nauha-recorder").AddColumn("").AddColumn("LED").AddColumn("");
        foreach (var led in status.GetProperty("leds").EnumerateArray())
            if (LedLegend.Find(Text(led, "name")!, Text(led, "state")!) is { } lamp)
                table.AddRow(Dot(lamp), new Text($"{lamp.Led} {LedLegend.Called(lamp.Name).In(words.Language)}: {Looks(lamp, words)}"), new Text(Says(lamp, words)));
        foreach (var line in status.GetProperty("lines").EnumerateArray())
            table.AddRow(new Text("☎"), new Text(W("line", Whole(line, "line"))), new Text(W("call", words.Of("phases", JsonNamingPolicy.KebabCaseLower.ConvertName(Text(line, "state")!)), line.GetProperty("recordedSeconds").GetDouble(), Whole(line, "sealedBytes")) + Sides(line, words) + Sound(line, words)));
        var sync = status.GetProperty("sync");
        var way = sync.GetProperty("connected").GetBoolean() ? W("connected") : W("trouble-" + (Text(sync, "trouble") ?? "network"));
        table.AddRow(new Text("↑"), new Text(LedLegend.Called("sync").In(words.Language)), new Text(W("sync", way, Whole(sync, "backlog"), Text(sync, "lastReceiptUtc") ?? W("no-receipt"))));
        table.AddRow(new Text("▤"), new Text(LedLegend.Called("storage").In(words.Language)), new Text(W("used", Whole(status.GetProperty("storage"), "usedPercent"))));
        if (status.TryGetProperty("dayKeys", out var keys))
            table.AddRow(new Text("⚿"), new Text(words.Check("day-keys")), new Text(W("days", Whole(keys, "days")) + Text(keys, "trouble") switch { "alarm" => W("keys-alarm"), "warning" => W("keys-warning"), _ => "" }));
        return table;
    }

    /// <summary>An LED's dot in its colour.</summary>
    public static Markup Dot(Lamp lamp) => new($"[{lamp.Colour switch { "amber" => "yellow", "white" => "white", _ => "blue" }}]●[/]");

    /// <summary>How an LED looks: so many blinks, or its pattern.</summary>
    public static string Looks(Lamp lamp, BoxWords words) => lamp.Pattern == "count" ? $"×{lamp.Count}" : LedLegend.Pattern(lamp).In(words.Language);

    /// <summary>What an LED says, and what is to be done.</summary>
    public static string Says(Lamp lamp, BoxWords words) => lamp.Words.In(words.Language) + (lamp.Do is { } act ? " → " + act.In(words.Language) : "");

    // What of a sound device is worth a look: losses, crystals, a mixer that was moved.
    private static string Sound(JsonElement line, BoxWords words)
    {
        if (!line.TryGetProperty("sound", out var sound) || sound.ValueKind != JsonValueKind.Object) return "";
        object Ppm(string name) => sound.GetProperty(name) is { ValueKind: JsonValueKind.Number } ppm ? ppm.GetDouble() : "-";
        return "; " + words.Of("status", "sound", Text(sound, "capture"), Whole(sound, "rateHz"), Whole(sound, "overruns"), Whole(sound, "lostSamples"), Ppm("capturePpm"), Ppm("playbackPpm"))
            + (Text(sound, "mixerFault") is { } fault ? "; " + words.Of("status", "mixer", fault) : "");
    }

    // A line that does not tell its sides apart is as most are: nothing is said of it.
    private static string Sides(JsonElement line, BoxWords words) =>
        line.TryGetProperty("sides", out var sides) && sides.GetString() is { } how && how != "none" ? "; " + words.Of("sides", how) : "";

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static long Whole(JsonElement of, string name) => of.GetProperty(name).GetInt64();
}
