using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nauha.Recorder.Status;
using Spectre.Console;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder status: the LEDs in words, each line, sync and storage, from the file that the recorder replaces each second.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var watch = new Option<bool>("--watch") { Description = "Show it again each second until Ctrl-C." };
        var command = new Command("status", "What the recorder is doing now.") { watch };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var path = StatusFile.PathOf(Shared.DataOf(parse));
            if (!File.Exists(path))
            {
                await Console.Error.WriteLineAsync($"{path} is not there: the recorder has not run with this data folder.");
                return 3;
            }
            if (!parse.GetValue(watch))
            {
                var status = Read(path);
                if (parse.GetValue(Shared.Json)) Console.WriteLine(status.GetRawText());
                else AnsiConsole.Write(Panel(status));
                return Verdict(status);
            }
            if (parse.GetValue(Shared.Json)) return await StreamAsync(path, cancel);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            await AnsiConsole.Live(Panel(Read(path))).StartAsync(async live =>
            {
                try
                {
                    while (await timer.WaitForNextTickAsync(cancel)) live.UpdateTarget(Panel(Read(path)));
                }
                catch (OperationCanceledException)
                {
                    // Ctrl-C ends the watching
                }
            });
            return 0;
        }));
        return command;
    }

    // One object a line, each second.
    private static async Task<int> StreamAsync(string path, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            do Console.WriteLine(Read(path).GetRawText());
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends the watching
        }
        return 0;
    }

    // A file that nobody replaces any more: the program has stopped, and that is what the LEDs show.
    private static JsonElement Read(string path)
    {
        var status = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        var stopped = TimeProvider.System.GetUtcNow() - status["atUtc"]!.GetValue<DateTimeOffset>() > TimeSpan.FromSeconds(5);
        status["stopped"] = stopped;
        if (stopped) status["leds"] = new JsonArray(JsonNode.Parse(Nauha.Format.StrictJson.Write(json => StatusFile.Write(json, Lamps.Stopped))));
        return JsonSerializer.SerializeToElement(status);
    }

    private static bool IsStale(JsonElement status) => status.GetProperty("stopped").GetBoolean();

    // 3: the recorder does not run; 1: an LED asks for somebody; 0: all is well.
    private static int Verdict(JsonElement status) => IsStale(status) ? 3 : status.GetProperty("leds").EnumerateArray().Any(l => l.GetProperty("colour").GetString() == "amber") ? 1 : 0;

    private static Table Panel(JsonElement status)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(IsStale(status) ? "nauha-recorder: stopped" : "nauha-recorder").AddColumn("").AddColumn("LED").AddColumn("");
        foreach (var led in status.GetProperty("leds").EnumerateArray())
        {
            var colour = led.GetProperty("colour").GetString() switch { "amber" => "yellow", "white" => "white", _ => "blue" };
            var sign = led.GetProperty("pattern").GetString() == "count" ? $"×{led.GetProperty("count").GetInt32()}" : led.GetProperty("pattern").GetString();
            table.AddRow(new Markup($"[{colour}]●[/]"), new Markup($"{led.GetProperty("led").GetInt32()} {led.GetProperty("name").GetString()} ({sign})"), new Text(led.GetProperty("words").GetString()!));
        }
        foreach (var line in status.GetProperty("lines").EnumerateArray())
            table.AddRow(new Text("☎"), new Text($"line {line.GetProperty("line").GetInt32()}"), new Text($"{line.GetProperty("state").GetString()}  {line.GetProperty("recordedSeconds").GetDouble():F1} s, {line.GetProperty("sealedBytes").GetInt64()} bytes sealed{Sound(line)}"));
        var sync = status.GetProperty("sync");
        table.AddRow(new Text("↑"), new Text("sync"), new Text($"{(sync.GetProperty("connected").GetBoolean() ? "connected" : sync.GetProperty("trouble").GetString())}, {sync.GetProperty("backlog").GetInt32()} waiting, last receipt {sync.GetProperty("lastReceiptUtc").GetString() ?? "none"}"));
        table.AddRow(new Text("▤"), new Text("storage"), new Text($"{status.GetProperty("storage").GetProperty("usedPercent").GetInt32()} % used"));
        if (status.TryGetProperty("dayKeys", out var keys))
            table.AddRow(new Text("⚿"), new Text("day keys"), new Text($"for {keys.GetProperty("days").GetInt32()} more days{keys.GetProperty("trouble").GetString() switch { "alarm" => ": CALL: soon calls are sealed to the last key there is", "warning" => ": this box has not heard from central for long", _ => "" }}"));
        return table;
    }

    // What of a sound device is worth a look: losses, crystals, a mixer that was moved.
    private static string Sound(JsonElement line)
    {
        if (!line.TryGetProperty("sound", out var sound) || sound.ValueKind != JsonValueKind.Object) return "";
        string Ppm(string name) => sound.GetProperty(name) is { ValueKind: JsonValueKind.Number } ppm ? $"{ppm.GetDouble():F1}" : "-";
        return $"; {sound.GetProperty("capture").GetString()} at {sound.GetProperty("rateHz").GetInt32()} Hz, {sound.GetProperty("overruns").GetInt64()} overruns, {sound.GetProperty("lostSamples").GetInt64()} samples lost, crystals {Ppm("capturePpm")} and {Ppm("playbackPpm")} ppm{(sound.GetProperty("mixerFault").GetString() is { } fault ? "; MIXER: " + fault : "")}";
    }
}
