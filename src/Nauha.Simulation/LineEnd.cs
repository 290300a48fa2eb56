namespace Nauha.Simulation;

/// <summary>What one end of a pair is to it, as data: a resistor, and a second one with a capacitor beside it.</summary>
/// <param name="Ohms">In series with the rest.</param>
/// <param name="ParallelOhms">0: there is no rest.</param>
/// <param name="Farads">Beside <paramref name="ParallelOhms"/>.</param>
public sealed record LineEnd(double Ohms, double ParallelOhms = 0, double Farads = 0)
{
    public static readonly LineEnd Ohms600 = new(600);

    /// <summary>Finland's: 270 Ω + (750 Ω ∥ 150 nF).</summary>
    public static readonly LineEnd Finnish = new(270, 750, 150e-9);
}

/// <summary>
/// One end in time, sample by sample: to the rest of the circuit a source (<see cref="Held"/>, what its capacitor holds) behind a
/// resistor. The capacitor by the trapezoidal rule, true at 2 kHz; above it the end looks like one at a higher frequency (3.4 kHz
/// like 8), where a 600 Ω reference fits it a little worse still.
/// </summary>
internal sealed class EndCircuit
{
    private const double TrueAt = 2 * Math.PI * 2_000;

    private readonly double _capacitor, _parallel;
    private double _current;        // what the capacitor's own source pushes

    public EndCircuit(LineEnd end)
    {
        if (end.ParallelOhms > 0)
        {
            _capacitor = end.Farads * TrueAt / Math.Tan(TrueAt / 2 / 8_000);
            _parallel = 1 / ((1 / end.ParallelOhms) + _capacitor);
        }
        Ohms = end.Ohms + _parallel;
    }

    public double Ohms { get; }

    /// <summary>Volts that the capacitor holds against a current into this end.</summary>
    public double Held => _current * _parallel;

    /// <summary>Takes the current into this end, amperes, of the moment that is over.</summary>
    public void Flow(double amperes)
    {
        if (_capacitor == 0) return;
        var volts = (amperes + _current) * _parallel;
        _current = (2 * _capacitor * volts) - _current;
    }
}
