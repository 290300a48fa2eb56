using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status;

/// <summary>What the box shows each second in <c>run/status.json</c>: replaced whole, never synced, nothing personal.</summary>
public sealed class StatusFile(string data, CallVault vault, IReadOnlyList<LineConductor> lines, SyncService sync, TimeProvider time) : BackgroundService
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
        var state = sync.State;
        var used = Storage.UsedPercent(data);
        var snapshots = lines.Select(l => l.Snapshot).ToList();
        var lamps = Lamps.Of(snapshots, state, used, time.GetUtcNow());
        return StrictJson.Write(json =>
        {
            json.WriteNumber("version", 1);
            json.WriteString("atUtc", Utc(time.GetUtcNow()));
            json.WriteString("appliance", vault.Identity.Appliance.Text);
            json.WriteBoolean("simulated", vault.Simulated);
            json.WriteStartArray("leds");
            foreach (var lamp in lamps)
            {
                json.WriteStartObject();
                json.WriteNumber("led", lamp.Led);
                json.WriteString("name", lamp.Name);
                json.WriteString("colour", lamp.Colour);
                json.WriteString("pattern", lamp.Pattern);
                json.WriteNumber("count", lamp.Count);
                json.WriteString("words", lamp.Words);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("lines");
            foreach (var line in snapshots)
            {
                json.WriteStartObject();
                json.WriteNumber("line", line.Line.Number);
                json.WriteString("state", line.Phase.ToString());
                if (line.CallNumber is { } number) json.WriteNumber("callNumber", number); else json.WriteNull("callNumber");
                json.WriteNumber("recordedSeconds", Math.Round(line.Recorded.TotalSeconds, 1));
                json.WriteNumber("sealedBytes", line.SealedBytes);
                json.WriteNumber("framesWaiting", line.FramesWaiting);
                json.WriteNumber("lostSamples", line.LostSamples);
                json.WriteBoolean("lastUnproven", line.LastUnproven);
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
            json.WriteStartObject("storage");
            json.WriteNumber("usedPercent", used);
            json.WriteEndObject();
        });
    }

    private static string Utc(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>How full the medium is on which the vault lies.</summary>
internal static class Storage
{
    public static int UsedPercent(string data)
    {
        var drive = new DriveInfo(Path.GetFullPath(data));
        return drive.TotalSize == 0 ? 0 : (int)(100 - (drive.AvailableFreeSpace * 100 / drive.TotalSize));
    }
}

/// <summary>What one LED says: its place and the count of blinks carry the meaning, the colour only repeats it.</summary>
/// <param name="Pattern">wink, steady, slow, flicker or count.</param>
public sealed record Lamp(int Led, string Name, string Colour, string Pattern, int Count, string Words);

/// <summary>The four LEDs from what the box knows; the worst state wins. The legend is in hardware/led-legend.json.</summary>
public static class Lamps
{
    public static IReadOnlyList<Lamp> Of(IReadOnlyList<LineSnapshot> lines, SyncState sync, int usedPercent, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(sync);
        return [Health(), Line(lines), Sync(sync, now), StorageLamp(usedPercent)];
    }

    private static Lamp Health() => new(1, "health", "blue", "wink", 0, "working");

    private static Lamp Line(IReadOnlyList<LineSnapshot> lines) => lines switch
    {
        _ when lines.Any(l => l.Phase == CallPhase.Fault) => new(2, "line", "amber", "count", 1, "no line voltage: wrong socket or loose plug"),
        _ when lines.Any(l => l.Lost) => new(2, "line", "amber", "count", 2, "no audio device"),
        _ when lines.Any(l => l.LastUnproven) => new(2, "line", "amber", "count", 3, "announcement not heard on last call"),
        _ when lines.Any(l => l.Phase == CallPhase.Recording) => new(2, "line", "white", "steady", 0, "recording"),
        _ when lines.Any(l => l.Phase == CallPhase.Announcing) => new(2, "line", "white", "slow", 0, "announcing"),
        _ => new(2, "line", "blue", "wink", 0, "on-hook"),
    };

    private static Lamp Sync(SyncState sync, DateTimeOffset now) => sync switch
    {
        { Trouble: "revoked" or "certificate" } => new(3, "sync", "amber", "count", 3, "certificate refused"),
        { Sending: true, Connected: true } => new(3, "sync", "white", "flicker", 0, "sending"),
        { LastContact: { } contact } when now - contact < TimeSpan.FromMinutes(5) => new(3, "sync", "blue", "wink", 0, "central reached"),
        _ => new(3, "sync", "amber", "count", 2, "network, no central"),
    };

    private static Lamp StorageLamp(int percent) => percent switch
    {
        > 97 => new(4, "storage", "amber", "count", 3, "full: calls are not recorded"),
        > 90 => new(4, "storage", "amber", "count", 2, "over 90 %"),
        > 80 => new(4, "storage", "amber", "count", 1, "over 80 %"),
        _ => new(4, "storage", "blue", "wink", 0, "below 80 %"),
    };
}
