using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nauha.Device.Settings;
using Nauha.Device.Words;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Mixer;
using Nauha.Drivers.Siprec;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder devices: the sound cards that are there, and whether each line's device is.</summary>
internal static class DevicesCommand
{
    private sealed record LineDevice(int Line, string Device, LineSides Sides, PcmShape? Capture, PcmShape? Playback, string? Problem);

    public static Command Create()
    {
        var command = new Command("devices", "The sound cards of this box, how a line names them so that they are found again, their mixer's controls; and whether the configured lines' devices can be opened. Exit 1: one cannot.");
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var (options, cards) = (Shared.Options(parse), new SoundCards());
            var lines = options.Lines.Where(line => line.Value.Source == "alsa").Select(line => Look(int.Parse(line.Key, CultureInfo.InvariantCulture), line.Value, options, cards)).ToList();
            foreach (var (number, line) in options.Lines.Where(line => line.Value.Source == "siprec")) lines.Add(await LookAsync(int.Parse(number, CultureInfo.InvariantCulture), line.Siprec.Trunk!, options.Trunks[line.Siprec.Trunk!], cancel));
            lines = [.. lines.OrderBy(line => line.Line)];
            if (parse.GetValue(Shared.Json)) Console.WriteLine(Json(cards, lines));
            else Say(cards, lines);
            return lines.Any(line => line.Problem is not null) ? 1 : 0;
        }));
        return command;
    }

    private static LineDevice Look(int number, LineSetup line, RecorderOptions options, SoundCards cards)
    {
        try
        {
            var (capture, playback) = AlsaLine.Try(line.Sound, cards, speaks: line.Announcement.Over(options.Announcement).Known is null);
            return new(number, line.Sound.Device, line.Sound.Sides, capture, playback, null);
        }
        catch (SoundDeviceException e)
        {
            return new(number, line.Sound.Device, line.Sound.Sides, null, null, e.Message);
        }
    }

    // Connected and closed again, not registered: that is the running recorder's.
    private static async Task<LineDevice> LookAsync(int number, string name, TrunkOptions trunk, CancellationToken cancel)
    {
        var device = $"siprec:{name}";
        try
        {
            await SiprecTrunks.TryAsync(trunk, TimeProvider.System, cancel);
            return new(number, device, LineSides.None, null, null, null);
        }
        catch (SiprecException e)
        {
            return new(number, device, LineSides.None, null, null, e.Message);
        }
    }

    private static string Json(SoundCards cards, List<LineDevice> lines) => JsonSerializer.Serialize(new
    {
        cards = cards.List().Select(card => new { number = card.Number, id = card.Id, name = card.Name, usbPath = card.UsbPath, serial = card.Serial, usbId = card.UsbId, captures = card.Captures, plays = card.Plays, device = card.Lasting, controls = Controls(card) }),
        lines = lines.Select(line => new { line = line.Line, device = line.Device, sides = StatusFile.Word(line.Sides), rateHz = line.Capture?.RateHz, channels = line.Capture?.Channels, format = line.Capture?.Format.ToString(), playbackRateHz = line.Playback?.RateHz, problem = line.Problem }),
    });

    private static void Say(SoundCards cards, List<LineDevice> lines)
    {
        var found = cards.List();
        if (found.Count == 0) Console.WriteLine("No sound card is there.");
        foreach (var card in found)
        {
            Console.WriteLine($"{card.Lasting,-24} {card.Name} (card {card.Number}{(card.UsbId is { } id ? ", USB " + id : "")}){(card.Captures ? "" : ", cannot hear")}{(card.Plays ? "" : ", cannot speak")}");
            if (Controls(card) is { Count: > 0 } controls) Console.WriteLine($"  mixer: {string.Join(", ", controls)}");
        }
        foreach (var line in lines)
            Console.WriteLine(line.Capture is { } capture ? $"line {line.Line}: {line.Device} hears at {capture.RateHz} Hz, {capture.Channels} channels, {capture.Format}; {(line.Playback is { } playback ? $"speaks at {playback.RateHz} Hz" : "the box never speaks on it")}{(line.Sides == LineSides.None ? "" : "; " + BoxWords.English.Of("sides", StatusFile.Word(line.Sides)))}" : $"line {line.Line}: {line.Problem ?? $"{line.Device}: its PBX can be reached; calls come from there, and the box cannot speak on it"}");
    }

    private static IReadOnlyList<string> Controls(SoundCard card) => MixerWatch.ControlsOf(string.Create(CultureInfo.InvariantCulture, $"hw:{card.Number}"));
}
