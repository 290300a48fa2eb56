using System.Net.NetworkInformation;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status;

/// <summary>What the box knows of itself at one moment: all that the LEDs are made of.</summary>
public sealed record BoxLook
{
    public required IReadOnlyList<LineSnapshot> Lines { get; init; }

    public required SyncState Sync { get; init; }

    public required DateTimeOffset Now { get; init; }

    public int UsedPercent { get; init; }

    /// <summary>Calls are numbered, but not recorded.</summary>
    public bool IsFull { get; init; }

    /// <summary>The clock is behind what the box has seen, or nobody has set it.</summary>
    public bool ClockUnsure { get; init; }

    /// <summary>Temperature and supply.</summary>
    public Ports.BoxHealth Board { get; init; }

    /// <summary>The last self-test found something wrong.</summary>
    public bool SelfTestFailed { get; init; }

    /// <summary>When a slice last failed.</summary>
    public DateTimeOffset? LastFailure { get; init; }

    public bool HasNetwork { get; init; } = true;

    /// <summary>Start of the oldest call whose recording has no receipt.</summary>
    public DateTimeOffset? OldestUnsent { get; init; }

    /// <summary>The first second: nothing is known yet.</summary>
    public bool IsStarting { get; init; }
}

/// <summary>The four LEDs from what the box knows; which of several states is shown, the legend says.</summary>
public static class Lamps
{
    /// <summary>How long a failure of a slice stays shown after the slice was started again.</summary>
    private static readonly TimeSpan FailureShown = TimeSpan.FromMinutes(10);

    public static IReadOnlyList<Lamp> Of(BoxLook box)
    {
        ArgumentNullException.ThrowIfNull(box);
        return [Health(box), Line(box.Lines), Sync(box), Storage(box)];
    }

    /// <summary>What the LEDs show once the program has stopped: the first steady, the others dark.</summary>
    public static Lamp Stopped => LedLegend.Worst("health", "stopped");

    private static Lamp Health(BoxLook box)
    {
        List<string> keys = ["good"];
        if (box.IsStarting) keys.Add("starting");
        if (box.ClockUnsure) keys.Add("clock");
        if (box.LastFailure is { } failed && box.Now - failed < FailureShown) keys.Add("part-failed");
        if (box.SelfTestFailed) keys.Add("part-failed");
        if (box.Board.IsBad) keys.Add("hot-or-weak");
        return LedLegend.Worst("health", [.. keys]);
    }

    private static Lamp Line(IReadOnlyList<LineSnapshot> lines)
    {
        List<string> keys = ["good"];
        foreach (var line in lines)
        {
            if (line.Phase == CallPhase.Fault) keys.Add("no-volts");
            if (line.Lost || line.Sound?.MixerFault is not null) keys.Add("no-device");   // a gain that moves by itself, a card that hears itself: nothing it says can be trusted
            if (line.LastUnproven) keys.Add("not-heard");
            if (line.HumOrLevel) keys.Add("hum-level");
            if (line.Masked) keys.Add("masked");
            if (line.Learning) keys.Add("learning");
            if (line.Phase == CallPhase.LeftUp) keys.Add("left-off-hook");
            if (line.Phase == CallPhase.Recording) keys.Add("recording");
            if (line.Phase == CallPhase.Announcing) keys.Add("announcing");
            // On-hook is what good says. Before somebody is told, and in a call of which nothing is kept, whatever the reason, it is not.
            if (line.Phase is CallPhase.OffHook or CallPhase.Silent) keys.Add("not-recorded");
        }
        return LedLegend.Worst("line", [.. keys]);
    }

    private static Lamp Sync(BoxLook box)
    {
        List<string> keys = [];
        if (box.Sync.Trouble is "revoked" or "certificate") keys.Add("certificate");
        if (box.OldestUnsent is { } oldest && box.Now - oldest > TimeSpan.FromHours(24)) keys.Add("backlog");
        if (box.Sync is { Sending: true, Connected: true }) keys.Add("sending");
        if (box.Sync.LastContact is { } contact && box.Now - contact < TimeSpan.FromMinutes(5)) keys.Add("good");
        else keys.Add(box.HasNetwork ? "no-central" : "no-network");
        return LedLegend.Worst("sync", [.. keys]);
    }

    private static Lamp Storage(BoxLook box)
    {
        List<string> keys = ["good"];
        if (box.UsedPercent >= FlashRoom.HighPercent) keys.Add("over-80");
        if (box.UsedPercent >= FlashRoom.VeryHighPercent) keys.Add("over-90");
        if (box.IsFull) keys.Add("full");
        if (box.Lines.Any(line => line.WriteFailed)) keys.Add("failing");
        return LedLegend.Worst("storage", [.. keys]);
    }
}

/// <summary>Looks at all slices; none of them knows it. What costs something (disk, network, journal) is looked at once a second.</summary>
public sealed class BoxObserver(CallVault vault, IReadOnlyList<LineKeeper> lines, SyncService sync, IReadOnlyList<SliceWatch> slices, TimeProvider time, Ports.IBoxSensors? sensors = null, Func<bool>? selfTestFailed = null)
{
    private static readonly TimeSpan SlowEvery = TimeSpan.FromMilliseconds(900);

    private readonly Lock _one = new();
    private BoxLook? _slow;
    private long _slowAt;

    public BoxLook Look()
    {
        lock (_one)
        {
            if (_slow is null || time.GetElapsedTime(_slowAt) > SlowEvery) (_slow, _slowAt) = (Slow(), time.GetTimestamp());
            return _slow with { Lines = [.. lines.Select(line => line.Snapshot)], Sync = sync.State, Now = time.GetUtcNow(), LastFailure = slices.Max(slice => slice.LastFailure) };
        }
    }

    private BoxLook Slow()
    {
        var oldest = vault.Read(index => index.UnsentRecordings().Select(call => (long?)call.Started.UnixMs).FirstOrDefault());
        return new()
        {
            Lines = [],
            Sync = sync.State,
            Now = time.GetUtcNow(),
            UsedPercent = vault.Room.UsedPercent,
            IsFull = vault.Room.IsFull,
            ClockUnsure = vault.Now().Source == Format.ClockSource.None,
            Board = sensors?.Read() ?? default,
            SelfTestFailed = selfTestFailed?.Invoke() ?? false,
            HasNetwork = NetworkInterface.GetIsNetworkAvailable(),
            OldestUnsent = oldest is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null,
        };
    }
}
