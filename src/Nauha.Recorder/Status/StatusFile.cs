using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Nauha.Format;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status;

/// <summary>What the box shows each second in <c>run/status.json</c>: replaced whole, never synced, nothing personal.</summary>
/// <param name="calibrations">What was measured of the lines and is in use.</param>
public sealed class StatusFile(string data, CallVault vault, BoxObserver box, IReadOnlyList<SliceWatch> slices, TimeProvider time, IReadOnlyList<LineCalibration>? calibrations = null) : BackgroundService
{
    public static string PathOf(string data) => Path.Combine(data, "run", "status.json");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(Path.Combine(data, "run"));
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        do
        {
            try
            {
                var path = PathOf(data);
                await File.WriteAllBytesAsync(path + ".new", Look(), CancellationToken.None).ConfigureAwait(false);
                File.Move(path + ".new", path, overwrite: true);
            }
            catch (IOException)
            {
                // Nobody waits for this page: the next second writes another.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private byte[] Look()
    {
        var look = box.Look();
        var (state, lamps) = (look.Sync, Lamps.Of(look));
        return StrictJson.Write(json =>
        {
            json.WriteNumber("version", 1);
            json.WriteString("atUtc", Utc(look.Now));
            json.WriteString("appliance", vault.Identity.Appliance.Text);
            json.WriteBoolean("simulated", vault.Simulated);
            json.WriteStartArray("leds");
            foreach (var lamp in lamps)
            {
                json.WriteStartObject();
                Write(json, lamp);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("lines");
            foreach (var line in look.Lines)
            {
                json.WriteStartObject();
                json.WriteNumber("line", line.Line.Number);
                json.WriteString("state", line.Phase.ToString());
                if (line.CallNumber is { } number) json.WriteNumber("callNumber", number); else json.WriteNull("callNumber");
                json.WriteNumber("recordedSeconds", Math.Round(line.Recorded.TotalSeconds, 1));
                json.WriteNumber("sealedBytes", line.SealedBytes);
                json.WriteNumber("framesWaiting", line.FramesWaiting);
                json.WriteNumber("oldestUnsyncedMs", (long)line.OldestUnsynced.TotalMilliseconds);
                json.WriteNumber("oldestUnsyncedMostMs", (long)line.OldestUnsyncedMost.TotalMilliseconds);
                json.WriteNumber("lostSamples", line.LostSamples);
                json.WriteNumber("clippedBlocks", line.ClippedBlocks);
                json.WriteBoolean("lastUnproven", line.LastUnproven);
                json.WriteNumber("proven", line.Proven);
                json.WriteNumber("notHeard", line.NotHeard);
                json.WriteBoolean("writeFailed", line.WriteFailed);
                json.WriteBoolean("lost", line.Lost);
                json.WriteString("sides", Word(line.Sides));
                WriteSound(json, line.Sound);
                WriteCalibration(json, calibrations?.FirstOrDefault(known => known.Line == line.Line.Number));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("slices");
            foreach (var slice in slices)
            {
                json.WriteStartObject();
                json.WriteString("name", slice.Name);
                json.WriteNumber("failures", slice.Failures);
                json.WriteString("lastFailureUtc", slice.LastFailure is { } failed ? Utc(failed) : null);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartObject("sync");
            json.WriteBoolean("connected", state.Connected);
            json.WriteString("trouble", state.Trouble);
            json.WriteString("lastContactUtc", state.LastContact is { } contact ? Utc(contact) : null);
            json.WriteString("lastReceiptUtc", state.LastReceipt is { } receipt ? Utc(receipt) : null);
            json.WriteNumber("backlog", state.Backlog);
            json.WriteNumber("sentBytes", state.SentBytes);
            json.WriteNumber("disbelieved", state.Disbelieved);
            json.WriteEndObject();
            json.WriteStartObject("dayKeys");
            var days = vault.Keys.HorizonDays(vault.Now().UnixMs);
            json.WriteNumber("days", days);
            json.WriteString("trouble", vault.Clock.IsDoubtful ? null : days < DayKeys.AlarmDays ? "alarm" : days < DayKeys.WarningDays ? "warning" : null);
            json.WriteEndObject();
            json.WriteStartObject("storage");
            json.WriteNumber("usedPercent", look.UsedPercent);
            json.WriteBoolean("full", look.IsFull);
            json.WriteEndObject();
        });
    }

    /// <summary>One LED as the file holds it: by its key, and in English; who shows it to people takes the words of their language by the key.</summary>
    public static void Write(Utf8JsonWriter json, Lamp lamp)
    {
        json.WriteNumber("led", lamp.Led);
        json.WriteString("name", lamp.Name);
        json.WriteString("state", lamp.Key);
        json.WriteString("colour", lamp.Colour);
        json.WriteString("pattern", lamp.Pattern);
        json.WriteNumber("count", lamp.Count);
        json.WriteString("words", lamp.Words.En);
        json.WriteString("do", lamp.Do?.En);
    }

    private static void WriteSound(Utf8JsonWriter json, SoundLook? sound)
    {
        if (sound is null)
        {
            json.WriteNull("sound");
            return;
        }
        json.WriteStartObject("sound");
        Write(json, sound);
        json.WriteEndObject();
    }

    private static void WriteCalibration(Utf8JsonWriter json, LineCalibration? known)
    {
        if (known is null)
        {
            json.WriteNull("calibration");
            return;
        }
        json.WriteStartObject("calibration");
        known.WriteValues(json);
        json.WriteEndObject();
    }

    /// <summary>How one sound device does, as the file holds it.</summary>
    public static void Write(Utf8JsonWriter json, SoundLook sound)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(sound);
        json.WriteString("capture", sound.Capture);
        json.WriteString("playback", sound.Playback);
        json.WriteNumber("rateHz", sound.RateHz);
        json.WriteNumber("channels", sound.Channels);
        json.WriteString("format", sound.Format);
        json.WriteNumber("overruns", sound.Overruns);
        json.WriteNumber("underruns", sound.Underruns);
        json.WriteNumber("lostSamples", sound.LostSamples);
        Number(json, "capturePpm", sound.CapturePpm);
        Number(json, "playbackPpm", sound.PlaybackPpm);
        Number(json, "peakDbv", sound.PeakDbv);
        Number(json, "rmsDbv", sound.RmsDbv);
        json.WriteString("mixerFault", sound.MixerFault);
    }

    /// <summary>How a line tells agent from caller, as the file has it: none, inline, handset.</summary>
    public static string Word(LineSides sides) => sides.ToString().ToLowerInvariant();

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known) json.WriteNumber(name, known);
        else json.WriteNull(name);
    }

    private static string Utc(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
