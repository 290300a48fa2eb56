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
        var command = new Command("status", "What the recorder is doing now.") { watch, Shared.Language };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var options = Shared.Options(parse);
            var (path, words) = (StatusFile.PathOf(options.Data!), Shared.Words(parse, options));
            if (!File.Exists(path))
            {
                await Console.Error.WriteLineAsync($"{path} is not there: the recorder has not run with this data folder.");
                return 3;
            }
            if (!parse.GetValue(watch))
            {
                var status = Read(path);
                if (parse.GetValue(Shared.Json)) Console.WriteLine(status.GetRawText());
                else AnsiConsole.Write(StatusPage.Of(status, words));
                return Verdict(status);
            }
            if (parse.GetValue(Shared.Json)) return await StreamAsync(path, cancel);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            await AnsiConsole.Live(StatusPage.Of(Read(path), words)).StartAsync(async live =>
            {
                try
                {
                    while (await timer.WaitForNextTickAsync(cancel)) live.UpdateTarget(StatusPage.Of(Read(path), words));
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

    // 3: the recorder does not run; 1: an LED asks for somebody; 0: all is well.
    private static int Verdict(JsonElement status) => status.GetProperty("stopped").GetBoolean() ? 3 : status.GetProperty("leds").EnumerateArray().Any(l => l.GetProperty("colour").GetString() == "amber") ? 1 : 0;
}
