namespace Nauha.Simulation;

/// <summary>How the port meets the pair.</summary>
public sealed record Wire
{
    public Impedance Card { get; init; } = Impedance.Plain;

    public Impedance Phone { get; init; } = Impedance.Plain;

    /// <summary>By how much less than on the pair the far side's voice goes back to it, 6 to 30 dB; 100: nothing does.</summary>
    public double TransHybridLossDb { get; init; } = 100;

    /// <summary>How much later it does, 0 to 40 ms.</summary>
    public double EchoMs { get; init; }

    /// <summary>Seconds of far speech until the port's echo canceller has learned the line, 0.3 to 2; 0: there is none.</summary>
    public double CancellerSeconds { get; init; }

    /// <summary>By how much the canceller then lowers whatever comes from the pair while the far side speaks, 0 to 20 dB.</summary>
    public double SuppressesDb { get; init; }

    /// <summary>Of one's own voice in one's own ear, −40 to 0 dB.</summary>
    public double SidetoneDb { get; init; } = 20 * Math.Log10(0.25);
}

/// <summary>
/// What the line card sends on of what it hears: the pair without the far side's own voice, but for its echo. The echo
/// canceller takes 25 dB more of that when it has learned; and, as cheap ones do, all that is said on the pair while the far
/// side speaks: the agent, and the announcement.
/// </summary>
internal sealed class Hybrid
{
    private const double Learned = 25, ActiveVolts = 0.0126, Release = 1 / 1_600.0;   // −38 dBV; 200 ms

    private readonly float[][] _echo;
    private readonly double _loss, _learning;
    private readonly double _suppressed, _perSample;
    private readonly int _lag;
    private double _level, _share = 1;

    public Hybrid(Wire wire, int signals)
    {
        _loss = wire.TransHybridLossDb >= 100 ? 0 : Math.Pow(10, -wire.TransHybridLossDb / 20);
        _lag = (int)(wire.EchoMs * 8);
        _perSample = wire.CancellerSeconds > 0 ? 1 / (wire.CancellerSeconds * 8_000) : 0;
        _suppressed = _perSample > 0 ? Math.Pow(10, -wire.SuppressesDb / 20) : 1;
        _echo = [.. Enumerable.Range(0, signals).Select(_ => new float[_lag + 1])];
        _learning = _perSample;
        IsIdle = _loss == 0 && _perSample == 0;
    }

    /// <summary>A perfect hybrid: it sends on exactly what is not its own.</summary>
    public bool IsIdle { get; }

    /// <summary>0: the canceller knows nothing of the line; 1: it knows it.</summary>
    public double Knows { get; private set; }

    /// <summary>The next sample of each signal; the first is all of them together.</summary>
    /// <param name="own">In: what each gives on the pair from the far side alone, as the hybrid believes. Out: what is sent on.</param>
    public void Send(long now, ReadOnlySpan<double> pair, Span<double> own)
    {
        var (echo, gain) = (0.0, 1.0);
        if (!IsIdle)
        {
            _level = Math.Max(Math.Abs(own[0]), _level * (1 - Release));
            var speaks = _level > ActiveVolts;
            if (speaks && Knows < 1) Knows = Math.Min(1, Knows + _learning);
            var wanted = speaks && Knows >= 1 ? _suppressed : 1;
            _share += (wanted - _share) * (wanted < _share ? 1 / 80.0 : 1 / 800.0);
            (echo, gain) = (_loss * (Knows > 0 ? Math.Pow(10, -Learned * Knows / 20) : 1), _share);
        }
        for (var i = 0; i < own.Length; i++)
        {
            var ring = _echo[i];
            ring[(int)(now % ring.Length)] = (float)own[i];
            own[i] = gain * (pair[i] - own[i] + (echo * ring[(int)((now + 1) % ring.Length)]));
        }
    }
}
