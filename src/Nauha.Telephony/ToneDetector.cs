namespace Nauha.Telephony;

/// <summary>A signal tone: one event a run of its cadence.</summary>
/// <param name="At">Sample of its first burst.</param>
/// <param name="Name">dial, stutterDial, busy, congestion, ringback, callWaiting, sit, record, howler, cng, ced, v21, v18, contactId, sia.</param>
public readonly record struct ToneEvent(long At, string Name);

/// <summary>
/// Call progress tones by their cadence (<see cref="ToneSet"/>), and the tones of machines and networks
/// (<see cref="SpecialTones"/>). Steps of 10 ms; a tone is there while it holds most of the energy.
/// </summary>
/// <remarks>Pure: time is the count of samples; any block size gives the same events; nothing is allocated per block.</remarks>
public sealed class ToneDetector
{
    private readonly HeardSteps _line = new(ToneSpectrum.Block, 0);
    private readonly ToneSpectrum _spectrum;
    private readonly ToneRun[] _runs;
    private readonly SpecialTones _special = new();

    public ToneDetector() : this(ToneSet.Finnish)
    {
    }

    public ToneDetector(ToneSet set) => (_spectrum, _runs) = (new(set.Hertz), [.. set.Sounds.Select(sound => new ToneRun(sound))]);

    /// <summary>Alerting signals heard (2130 + 2750 Hz, some 100 ms): a message for the line's own display follows.</summary>
    public int Alerts => _special.Alerts;

    /// <summary>A progress tone sounds now.</summary>
    public bool IsOn
    {
        get
        {
            foreach (var run in _runs)
                if (run.IsOn) return true;
            return false;
        }
    }

    /// <summary>Seconds since a progress tone last began or ceased.</summary>
    public double SecondsSinceTurn
    {
        get
        {
            var least = double.PositiveInfinity;
            foreach (var run in _runs) least = Math.Min(least, run.Since(_line.At));
            return least;
        }
    }

    /// <summary>Whole bursts so far of the run that is known by this name; 0: there is none.</summary>
    public int Bursts(string name)
    {
        var most = 0;
        foreach (var run in _runs)
            if (run.Named == name) most = Math.Max(most, run.Bursts);
        return most;
    }

    /// <summary>Takes samples; adds tones as soon as their cadence is known.</summary>
    public void Process(ReadOnlySpan<short> samples, List<ToneEvent> tones)
    {
        while (_line.Take(ref samples))
        {
            _spectrum.Take(_line.Last(ToneSpectrum.Block));
            // Two tones side by side are not one: the pairs come first.
            var heard = false;
            foreach (var run in _runs)
            {
                run.Look(_spectrum, _line.At, heard, tones);
                heard |= run.IsOn;
            }
            _special.Look(_spectrum, _line.At, tones);
        }
    }
}
