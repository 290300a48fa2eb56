using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Announcements;

/// <summary>What the test waits for, or does; for the technician beside the telephone.</summary>
public enum ListenStep
{
    /// <summary>The handset is to be lifted.</summary>
    Lift,

    /// <summary>A number is to be dialled behind which nobody and nothing speaks.</summary>
    Dial,

    Announcing,
}

/// <summary>How the test ended.</summary>
public enum ListenEnd
{
    Judged,
    NobodyLifted,

    /// <summary>There was sound all the time.</summary>
    NeverQuiet,
    HungUp,

    /// <summary>The source gave nothing more.</summary>
    SourceEnded,
}

/// <param name="Proof">As a call would have judged it; its level is measured, whatever it should be.</param>
/// <param name="QuietDbv">The pair's level before the announcement, while it was quiet; null: silence.</param>
/// <param name="InjectionDbv">What a full-scale sine reaches on this pair, by that level; NaN where the announcement was not found.</param>
/// <param name="MissingDb">What is missing from the level asked for, because the device or the line does not allow such peaks.</param>
public sealed record ListenResult(ListenEnd End, Proof Proof, double? QuietDbv, double InjectionDbv, double MissingDb);

/// <summary>
/// A technician's test of one line: he lifts the telephone and dials a quiet number, the box says its announcement and
/// measures what of it reaches the pair. The box itself seizes nothing and keeps nothing. Time is the line's own.
/// </summary>
public sealed class ListenTest(ILineSource source, Announcement announcement, double levelDbv, LineProfile profile)
{
    private const int Rate = 8_000;
    private const int Quiet = Rate * 3 / 2;
    private const double QuietUnderDbv = -45;

    private readonly SampleBlock _block = new();
    private readonly LineMemory _memory = new();
    private readonly List<HookEvent> _events = [];
    private readonly HookSensor _volts = new(profile);
    private readonly ContactHook _contact = new();
    private bool _up;
    private int _down;
    private long _heard;

    private bool HungUp => !_up && _down > CallMachine.FlashSamples;    // shorter is a pulse of a dial

    /// <summary>Once, or again in the same call.</summary>
    /// <param name="injectionDbv">As calibrated; null: what the source says.</param>
    /// <param name="patience">For the lift, and then for the quiet.</param>
    public async Task<ListenResult> RunAsync(double? injectionDbv, Action<ListenStep> step, TimeSpan patience, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(step);
        source.LeavesPhoneOn = true;    // the technician hears what is said
        var player = new AnnouncementPlayer(source, announcement, levelDbv, injectionDbv);
        var wait = (long)(patience.TotalSeconds * Rate);
        if (!_up) step(ListenStep.Lift);
        for (var until = _heard + wait; !_up;)
        {
            if (!await HearAsync(player, cancel).ConfigureAwait(false)) return Ended(ListenEnd.SourceEnded);
            if (_heard > until) return Ended(ListenEnd.NobodyLifted);
        }
        step(ListenStep.Dial);
        var (quiet, power, began) = (0, 0.0, _heard);
        while (quiet < Quiet)
        {
            if (!await HearAsync(player, cancel).ConfigureAwait(false)) return Ended(ListenEnd.SourceEnded);
            if (HungUp) return Ended(ListenEnd.HungUp);
            if (_heard - began > wait) return Ended(ListenEnd.NeverQuiet);
            var mean = Power(_block.Samples);
            // Between two bursts of a ringback it is quiet too: that lasts longer than the pause of a dialled digit, but an
            // announcement over ringback is broken by it and says so.
            (quiet, power) = Dbv(mean) is { } level && level > QuietUnderDbv ? (0, 0) : (quiet + SampleBlock.Length, power + mean);
        }
        var before = Dbv(power / (Quiet / SampleBlock.Length));
        step(ListenStep.Announcing);
        player.Start(_memory.End, stateHeld: _volts.IsFed || source.HookSource is not (HookSource.Volts or HookSource.Current), cutThrough: true);
        for (; ; )
        {
            if (!await HearAsync(player, cancel).ConfigureAwait(false)) return Ended(ListenEnd.SourceEnded);
            if (HungUp)
            {
                player.Stop();
                return Ended(ListenEnd.HungUp);
            }
            if (player.Feed(_memory) is not { } proof) continue;
            return new(ListenEnd.Judged, proof, before, (injectionDbv ?? source.InjectionDbvAtFullScale) + proof.LevelDbv - player.LevelDbv, player.MissingDb);
        }
    }

    private async ValueTask<bool> HearAsync(AnnouncementPlayer player, CancellationToken cancel)
    {
        if (!await source.ReadAsync(_block, cancel).ConfigureAwait(false)) return false;
        _heard += SampleBlock.Length;
        _memory.Write(_block.FirstSample, _block.Samples);
        _events.Clear();
        if (source.HookSource is HookSource.Volts or HookSource.Current) _volts.Process(_block.Volts, _block.FirstSample, _events);
        else _contact.Process(_block.HandsetUp, _block.Ringing, _block.FirstSample, _events);
        foreach (var change in _events)
        {
            _up = change.Change switch { HookChange.OffHook or HookChange.Pulse => true, HookChange.OnHook or HookChange.Cut => false, _ => _up };
            if (change.Change is HookChange.OnHook or HookChange.Reversal or HookChange.FeedLost or HookChange.Cut) player.Disturbed(change.At);
        }
        _down = _up ? 0 : _down + SampleBlock.Length;
        return true;
    }

    private static double Power(short[] samples)
    {
        double power = 0;
        foreach (var sample in samples) power += (double)sample * sample;
        return power / samples.Length / 32_768 / 32_768;
    }

    // A full-scale sine has a mean square of one half.
    private double? Dbv(double power) => power > 0 ? (10 * Math.Log10(2 * power)) + source.DbvAtFullScale : null;

    private static ListenResult Ended(ListenEnd end) => new(end, default, null, double.NaN, 0);
}
