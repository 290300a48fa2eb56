namespace Nauha.Simulation;

// What the recorder plays: queued, late by the codec's latency, by its own crystal, through a relay that is closed meanwhile.
public sealed partial class ExchangeLine
{
    /// <summary>Line time of the first sample of what was last injected without a break of a second; −1 before.</summary>
    public long FirstInjected => _firstInjected;

    /// <summary>Line time of the last sample that was injected, silence left out; −1 before.</summary>
    public long LastInjected => _lastInjected;

    /// <summary>Line time of the last sample that was injected, silence and all; −1 before.</summary>
    public long InjectedUntil { get; private set; } = -1;

    /// <summary>What is injected goes nowhere but where a fault leads it.</summary>
    public bool RelayHeldOpen { get; set; }

    /// <summary>The relay of <see cref="PortProfile.MutesPhone"/> rests while the recorder speaks.</summary>
    public bool LeavesPhoneOn { get; set; }

    public int InjectionPending => _injection.Count;

    /// <summary>Queues what the recorder plays; at most two seconds.</summary>
    public int Inject(ReadOnlySpan<short> samples)
    {
        if (_injection.Count == 0) _latency = _profile.InjectionLatencyMs * 8;
        var taken = Math.Min(samples.Length, (2 * Rate) - _injection.Count);
        foreach (var sample in samples[..taken]) _injection.Enqueue(sample);
        return taken;
    }

    public void StopInjection() => _injection.Clear();

    // The recorder's source: closed only while it plays; its latency is the codec's.
    private double? Injected()
    {
        _loop = null;
        if (_injection.Count == 0) return null;
        if (_latency > 0)
        {
            _latency--;
            return null;
        }
        var sample = Play();
        InjectedUntil = Now;
        if (Math.Abs(sample) > 0.002)
        {
            if (_firstInjected < 0 || Now - _lastInjected > Rate)
            {
                _firstInjected = Now;
                Happened(Now, "announced");
            }
            if (_announcedAt < _liftedAt) _announcedAt = Now;
            _lastInjected = Now;
        }
        _loop = Fault switch { LineFault.LoopbackTrap => sample * PeakVolts, LineFault.LoopbackAtLevel => sample * InjectedPeakVolts / 3, _ => null };
        return Fault is LineFault.None or >= LineFault.RelayStuckClosed && Fault != LineFault.OtherPair && !RelayHeldOpen ? sample * InjectedPeakVolts : null;
    }

    // With another crystal than capture's: now and then a sample is played twice, or left out, and between them a straight line.
    private double Play()
    {
        if (_profile.Converter.PlaybackPpm == 0) return _injection.Dequeue() / 32_768.0;
        _playing += _profile.Converter.PlaybackPpm * 1e-6;
        if (_playing >= 1 && _injection.Count > 1) (_playing, _playedBefore, _playedLast) = (_playing - 1, _playedLast, _injection.Dequeue() / 32_768.0);
        if (_playing < 0) _playing += 1;
        else (_playedBefore, _playedLast) = (_playedLast, _injection.Dequeue() / 32_768.0);
        return _playedBefore + ((_playedLast - _playedBefore) * _playing);
    }

    // An announcement, or what was left of it, has ended: at its last sample.
    private void Played()
    {
        if (_injection.Count > 0 || InjectedUntil <= _played) return;
        _played = InjectedUntil;
        Happened(_played, "played");
    }

    private static double Carried(double? injected) => (injected ?? 0) / 3;

    private double? _loop;
}
