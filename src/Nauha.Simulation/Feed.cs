namespace Nauha.Simulation;

/// <summary>How the port feeds the pair with direct current, beside its volts on and off the hook (<see cref="PortProfile"/>).</summary>
public sealed record Feed
{
    /// <summary>Behind the battery, 200 to 1,600 Ω.</summary>
    public double Ohms { get; init; } = 800;

    /// <summary>The port gives no more loop current than this, 18 to 35 mA.</summary>
    public double LimitMilliamps { get; init; } = 20;

    /// <summary>The two wires are swapped.</summary>
    public bool Swapped { get; init; }

    /// <summary>50 Hz on the volts, 0 to 500 mV peak.</summary>
    public double RippleMillivolts { get; init; } = 100;

    /// <summary>After 10 s at rest the port saves power: by so much lower, 0 to 30 %.</summary>
    public double DroopPercent { get; init; }

    /// <summary>For how long the hook bounces at a lift and at a hang-up, 0 to 15 ms.</summary>
    public double BounceMs { get; init; }

    /// <summary>How long a change of polarity takes, with its ringing, 0 to 50 ms.</summary>
    public double ReversalMs { get; init; }

    /// <summary>What a second phone takes off the volts, 2 to 6 V.</summary>
    public double SecondPhoneVolts { get; init; } = 4;
}

/// <summary>How the port rings; the cadence is the port's.</summary>
public sealed record RingWave
{
    /// <summary>16 to 50 Hz.</summary>
    public double Hertz { get; init; } = 25;

    /// <summary>35 to 90 V.</summary>
    public double Vrms { get; init; } = 75 / Math.Sqrt(2);

    /// <summary>Peak over effective value of a trapezoid, 1.2 to 1.6; 0: a sine.</summary>
    public double Crest { get; init; }

    /// <summary>How much of the volts on the hook lie under it, 0 to 100 %.</summary>
    public double BiasPercent { get; init; } = 100;

    /// <summary>From a lift in the midst of a burst until the port has seen it and stops ringing, 0 to 200 ms.</summary>
    public double TripMs { get; init; }

    /// <summary>Volts of the alternating part, seconds after the burst began.</summary>
    public double At(double seconds)
    {
        if (Crest == 0) return Vrms * Math.Sqrt(2) * Math.Sin(2 * Math.PI * Hertz * seconds);
        // A trapezoid that rises for the share a of each quarter has an effective value of √(1 − 2a/3).
        var rises = Math.Clamp(1.5 * (1 - (1 / (Crest * Crest))), 0.01, 1);
        var turn = Hertz * seconds % 1;
        var triangle = turn < 0.25 ? 4 * turn : turn < 0.75 ? 2 - (4 * turn) : (4 * turn) - 4;
        return Vrms * Crest * Math.Clamp(triangle / rises, -1, 1);
    }
}
