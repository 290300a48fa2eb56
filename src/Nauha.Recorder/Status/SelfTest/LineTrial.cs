using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Telephony;

namespace Nauha.Recorder.Status.SelfTest;

/// <summary>What a technician is asked to do, in its order.</summary>
public enum Ask { Nothing, LiftThePhone, HangUp, CallTheLine, DialTheNumber, LetThemHangUp }

/// <summary>
/// One line, tried without a recorder: volts and levels at rest, the hook as somebody lifts the phone, the audio loop with
/// the relay held open and closed, a ring. It seizes nothing, and sounds only where a dial tone says that nobody is there:
/// lifted within 15 s, no digit yet. What it hears stays in memory and is measured, not kept.
/// </summary>
/// <param name="ask">Told what somebody should do now.</param>
public sealed class LineTrial(ILineSource source, LineProfile profile, Action<Ask>? ask = null)
{
    private const int Rate = 8_000, Rest = 3 * Rate, Sound = Rate, LongestDelay = Rate * 4 / 10;
    private const double ToneHertz = 1_000, ToneDbv = -17, Tolerance = 2.5, Leak = -70, OpenDb = -1;
    private const double NoVolts = 3, LeastBattery = 18, MostBattery = 65;
    private const double LongestUp = 15;
    private const double Told = 6;              // dB: the margin by which a key is the agent's

    private readonly HookSensor _hook = new(profile);
    private readonly ToneDetector _tones = new();
    private readonly DtmfDetector _digits = new();
    private readonly SampleBlock _block = new();
    private readonly List<HookEvent> _events = [];
    private readonly List<ToneEvent> _heardTones = [];
    private readonly List<DtmfTone> _heardDigits = [];
    private readonly HashSet<string> _machines = [];
    private double _lowest = double.PositiveInfinity, _highest, _sum;
    private long _readings, _liftedAt = -1, _loweredAt = -1, _dialToneAt = -1, _digitAt = -1, _now;
    private int _rings, _lifts, _clipped;
    private bool _cut;
    private (double Near, double Far)? _sides;

    /// <summary>Fax, modem and alarm signals heard so far.</summary>
    public IReadOnlyCollection<string> Machines => _machines;

    /// <param name="patience">How long to wait for somebody to lift, and to hang up; zero: nobody is asked.</param>
    /// <param name="survey">How long to listen for rings and machines; zero: not at all.</param>
    public async Task<IReadOnlyList<Check>> RunAsync(TimeSpan patience, TimeSpan survey, CancellationToken cancel)
    {
        source.LeavesPhoneOn = true;    // its end of the pair is tried too
        var checks = new List<Check>();
        var meter = new LevelMeter();
        if (!await ListenAsync(Rest, cancel, () => meter.Process(_block.Samples)).ConfigureAwait(false)) return [Said("volts", Verdict.Untested, "source-ended")];
        checks.Add(Volts());
        checks.Add(Levels(meter.Read()));
        if (_cut || _highest < NoVolts && source.HookSource == HookSource.Volts)
        {
            checks.Add(Said("hook", Verdict.Untested, "no-line"));
            checks.Add(Said("loop", Verdict.Untested, "no-line"));
        }
        else
        {
            await LiftAsync(patience, checks, cancel).ConfigureAwait(false);
        }
        if (survey > TimeSpan.Zero)
        {
            ask?.Invoke(Ask.CallTheLine);
            await ListenAsync((long)(survey.TotalSeconds * Rate), cancel).ConfigureAwait(false);
            checks.Add(_machines.Count > 0 ? Said("machines", Verdict.Fail, "machine-heard", ("heard", string.Join(' ', _machines.Order(StringComparer.Ordinal)))) : Said("machines", Verdict.Pass, "no-machine", ("listenedSeconds", survey.TotalSeconds)));
        }
        checks.Add(_rings > 0 ? Said("ring", Verdict.Pass, "ring-seen", ("rings", _rings)) : Said("ring", Verdict.Untested, "no-ring"));
        return checks;
    }

    private Check Said(string key, Verdict verdict, string finding, params (string Name, object? Value)[] measured) => new(key, verdict, finding, measured, source.Line.Number);

    private Check Volts()
    {
        if (source.HookSource != HookSource.Volts) return Said("volts", Verdict.NotFitted, "volts-not-measured", ("hookSource", source.HookSource.ToString().ToLowerInvariant()));
        var mean = Math.Round(_sum / Math.Max(1, _readings), 1);
        (string, object?)[] measured = [("volts", mean), ("lowestVolts", Math.Round(_lowest, 1)), ("highestVolts", Math.Round(_highest, 1))];
        return Math.Abs(mean) switch
        {
            < NoVolts => Said("volts", Verdict.Fail, "volts-none", measured),
            < LeastBattery when _hook.IsOffHook => Said("volts", Verdict.Pass, "volts-lifted", measured),
            < LeastBattery => Said("volts", Verdict.Fail, "volts-low", measured),
            > MostBattery => Said("volts", Verdict.Fail, "volts-high", measured),
            _ => Said("volts", Verdict.Pass, "volts-good", measured),
        };
    }

    private Check Levels(Levels levels)
    {
        double? Dbv(double? dbm0) => dbm0 is { } level ? Math.Round(level - 3.14 + source.DbvAtFullScale, 1) : null;
        var (hum, noise) = (Dbv(levels.HumDbm0), Dbv(levels.NoiseFloorDbm0));
        (string, object?)[] measured = [("noiseDbv", noise), ("humDbv", hum), ("gsmBuzzDbv", Dbv(levels.GsmBuzzDbm0)), ("offsetDbv", Dbv(levels.DcOffsetDbm0)), ("clippedSamples", levels.ClippedSamples)];
        if (levels.PeakDbm0 is null) return Said("levels", Verdict.Fail, "level-dead", measured);   // a codec that hears its own noise never reads zeros
        if (levels.ClippedSamples > 0 || _clipped > 0) return Said("levels", Verdict.Fail, "level-clips", measured);
        return hum > Calls.RestingLevel.Wrong ? Said("levels", Verdict.Fail, "level-hum", measured)
            : noise > Calls.RestingLevel.Wrong && !_hook.IsOffHook ? Said("levels", Verdict.Fail, "level-noise", measured)
            : Said("levels", Verdict.Pass, "level-good", measured);
    }

    private async Task LiftAsync(TimeSpan patience, List<Check> checks, CancellationToken cancel)
    {
        if (patience > TimeSpan.Zero && !_hook.IsOffHook) ask?.Invoke(Ask.LiftThePhone);
        // Lifted while we look, so that it is known since when; and a dial tone, so that nobody is there.
        await ListenAsync((long)(patience.TotalSeconds * Rate), cancel, until: () => _dialToneAt > _liftedAt && MaySound).ConfigureAwait(false);
        if (_liftedAt < 0 || !_hook.IsOffHook || _dialToneAt < _liftedAt || !MaySound)
        {
            var found = _liftedAt < 0 ? "nobody-lifted" : "no-dial-tone";
            checks.Add(_lifts > 0 ? Said("hook", Verdict.Pass, "lift-seen", ("lifts", _lifts), ("offHookVolts", Rounded(_hook.OffHookVolts))) : Said("hook", Verdict.Untested, found));
            checks.Add(Said("loop", Verdict.Untested, found));
            return;
        }
        var offHook = Rounded(_hook.OffHookVolts);
        var loop = source.CanInject ? await LoopAsync(cancel).ConfigureAwait(false) : Said("loop", Verdict.NotFitted, "loop-never-speaks");
        if (source.Sides != LineSides.None) checks.Add(Sides());
        checks.Add(loop);
        ask?.Invoke(Ask.HangUp);
        await ListenAsync((long)(patience.TotalSeconds * Rate), cancel, until: () => _loweredAt > _liftedAt).ConfigureAwait(false);
        checks.Insert(checks.Count - 1, _loweredAt > _liftedAt ? Said("hook", Verdict.Pass, "hook-seen", ("offHookVolts", offHook), ("onHookVolts", Rounded(_hook.OnHookVolts)), ("lifts", _lifts))
            : Said("hook", Verdict.Pass, "lift-seen", ("offHookVolts", offHook), ("lifts", _lifts)));
    }

    // What the box says comes, in-line, from the port's side of the transformer; at a handset from the microphone's.
    private Check Sides()
    {
        if (_sides is not { } sides) return Said("sides", Verdict.Untested, source.CanInject ? "loop-disturbed" : "loop-never-speaks");
        var apart = Math.Round(source.Sides == LineSides.Inline ? sides.Far - sides.Near : sides.Near - sides.Far, 1);
        (string, object?)[] measured = [("nearDbv", Math.Round(sides.Near, 1)), ("farDbv", Math.Round(sides.Far, 1)), ("apartDb", apart)];
        return apart switch
        {
            <= -Told => Said("sides", Verdict.Fail, "sides-swapped", measured),
            < Told => Said("sides", Verdict.Fail, "sides-alike", measured),
            _ => Said("sides", Verdict.Pass, "sides-good", measured),
        };
    }

    // Fifteen seconds after the lift somebody may have dialled without our hearing it.
    private bool MaySound => _hook.IsOffHook && _liftedAt >= 0 && _now - _liftedAt < LongestUp * Rate && _digitAt < _liftedAt;

    private async Task<Check> LoopAsync(CancellationToken cancel)
    {
        double? leak = null;
        if (source.HoldRelayOpen(true))
        {
            try
            {
                var amplitude = Math.Pow(10, OpenDb / 20);
                // Against what the same would be with the relay closed.
                leak = await PlayAsync(amplitude, cancel).ConfigureAwait(false) is { } heard ? Math.Round(heard - (source.InjectionDbvAtFullScale + OpenDb), 1) : null;
            }
            finally
            {
                source.HoldRelayOpen(false);
            }
        }
        var level = MaySound ? await PlayAsync(Math.Pow(10, (ToneDbv - source.InjectionDbvAtFullScale) / 20), cancel).ConfigureAwait(false) : null;
        if (level is not { } closed) return Said("loop", Verdict.Untested, "loop-disturbed");
        (string, object?)[] measured = [("sentDbv", ToneDbv), ("closedDbv", Math.Round(closed, 1)), ("openLeakDb", leak)];
        if (leak > Leak) return Said("loop", Verdict.Fail, "loop-leaks", measured);
        return (closed - ToneDbv) switch
        {
            < -30 => Said("loop", Verdict.Fail, "loop-none", measured),
            < -Tolerance => Said("loop", Verdict.Fail, "loop-low", measured),
            > Tolerance => Said("loop", Verdict.Fail, "loop-high", measured),
            _ => Said("loop", Verdict.Pass, leak is null ? "loop-good-no-relay" : "loop-good", measured),
        };
    }

    /// <summary>Plays 1 kHz for a second; its level on the pair in dBV. Null: the handset moved, or the source ended.</summary>
    private async Task<double?> PlayAsync(double amplitude, CancellationToken cancel)
    {
        var (sent, heard) = (0, new List<short>(Sound + LongestDelay));
        var (near, far) = (new List<short>(), new List<short>());
        try
        {
            var steady = await ListenAsync(Sound + LongestDelay, cancel, () =>
            {
                for (Span<short> some = stackalloc short[SampleBlock.Length]; sent < Sound && source.InjectionPending < Rate / 5;)
                {
                    for (var i = 0; i < some.Length; i++) some[i] = short.CreateSaturating(amplitude * 32_767 * Math.Sin(2 * Math.PI * ToneHertz * (sent + i) / Rate));
                    var taken = source.Inject(some);
                    if (taken == 0) break;
                    sent += taken;
                }
                heard.AddRange(_block.Samples);
                if (!_block.HasSides) return;
                near.AddRange(_block.Near);
                far.AddRange(_block.Far);
            }, until: () => !_hook.IsOffHook).ConfigureAwait(false);
            if (!steady || !_hook.IsOffHook) return null;
        }
        finally
        {
            source.StopInjection();
        }
        // The middle half second: wherever within the longest delay it began, it sounds there.
        if (near.Count > 0) _sides = (Level(near.GetRange(LongestDelay, Rate / 2)), Level(far.GetRange(LongestDelay, Rate / 2)));
        return Level(heard.GetRange(LongestDelay, Rate / 2));
    }

    // Goertzel under a Hann window, so that a dial tone beside it does not count: the sine's level as dBV on the pair.
    private double Level(List<short> samples)
    {
        var turn = 2 * Math.Cos(2 * Math.PI * ToneHertz / Rate);
        double one = 0, two = 0;
        for (var i = 0; i < samples.Count; i++) (one, two) = ((samples[i] / 32_768.0 * (0.5 - (0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / samples.Count)))) + (turn * one) - two, one);
        var amplitude = 4 * Math.Sqrt(Math.Max(0, (one * one) + (two * two) - (turn * one * two))) / samples.Count;
        return (20 * Math.Log10(Math.Max(amplitude, 1e-9))) + source.DbvAtFullScale;
    }

    /// <returns>False: the source ended.</returns>
    private async Task<bool> ListenAsync(long samples, CancellationToken cancel, Action? each = null, Func<bool>? until = null)
    {
        for (var heard = 0L; heard < samples; heard += SampleBlock.Length)
        {
            if (!await source.ReadAsync(_block, cancel).ConfigureAwait(false)) return false;
            _now = _block.FirstSample + SampleBlock.Length;
            if (_block.Clipped) _clipped++;
            foreach (var volts in _block.Volts)
            {
                (_sum, _readings) = (_sum + volts, _readings + 1);
                (_lowest, _highest) = (Math.Min(_lowest, Math.Abs(volts)), Math.Max(_highest, Math.Abs(volts)));
            }
            _events.Clear();
            _hook.Process(_block.Volts, _block.FirstSample, _events);
            foreach (var seen in _events) See(seen);
            Hear();
            each?.Invoke();
            if (until?.Invoke() == true) break;
        }
        return true;
    }

    private void See(HookEvent seen)
    {
        switch (seen.Change)
        {
            case HookChange.OffHook when !seen.AtStartUp:
                (_liftedAt, _lifts) = (seen.At, _lifts + 1);
                break;
            case HookChange.OnHook:
                _loweredAt = seen.At;
                break;
            case HookChange.RingStarted:
                _rings++;
                break;
            case HookChange.Cut:
                _cut = true;
                break;
            default:
                break;
        }
    }

    private void Hear()
    {
        _heardTones.Clear();
        _tones.Process(_block.Samples, _heardTones);
        foreach (var tone in _heardTones)
        {
            if (tone.Name is "dial" or "stutterDial") _dialToneAt = _now;
            if (tone.Name is "cng" or "ced" or "v21" or "contactId" or "sia" or "v18") _machines.Add(tone.Name);
        }
        _heardDigits.Clear();
        _digits.Process(_block.Samples, _heardDigits);
        if (_heardDigits.Count > 0 || _digits.ToneSuspected) _digitAt = _now;
    }

    // What a contact or a current stands for is nothing that was measured.
    private double? Rounded(double volts) => source.HookSource == HookSource.Volts && double.IsFinite(volts) ? Math.Round(volts, 1) : null;
}
