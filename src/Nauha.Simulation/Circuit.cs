namespace Nauha.Simulation;

/// <summary>An impedance as line cards state it: a resistor, and after it a resistor with a capacitor beside it.</summary>
/// <param name="Series">Ω, 100 to 1,600.</param>
/// <param name="Parallel">Ω, 0 to 1,600; 0: there is the first resistor alone.</param>
/// <param name="Nanofarads">Beside the second resistor, 0 to 500.</param>
public readonly record struct Impedance(double Series, double Parallel = 0, double Nanofarads = 0)
{
    public static readonly Impedance Plain = new(600);

    /// <summary>270 Ω + (750 Ω ∥ 150 nF): what ports in Finland and most of Europe are built for.</summary>
    public static readonly Impedance European = new(270, 750, 150);
}

/// <summary>
/// The two wires at one moment: phone, line card, a second phone and the recorder's injection, each a source behind an
/// impedance or a load alone; the voltage where they meet and the current of the phone follow by Kirchhoff's law. Capacitors by
/// the trapezoidal rule, fitted: with any two of the usual impedances levels are within 1.2 dB from 300 to 3,400 Hz.
/// One circuit carries one signal: because it is linear, each voice can be followed through a circuit of its own.
/// </summary>
internal sealed class Circuit(Impedance card, Impedance phone)
{
    public const double Resting = 20_000;      // the tap, and a phone on its hook
    public const double InjectionOhms = 600;

    private Branch _card = new(card), _phone = new(phone), _second = new(phone);

    /// <summary>Between the two wires.</summary>
    public double Volts { get; private set; }

    /// <summary>Speech current out of the phone's branch into the pair; 0 on the hook. With <see cref="Volts"/>, what a tap in the line would sense.</summary>
    public double PhoneAmps { get; private set; }

    /// <summary>The next sample.</summary>
    /// <param name="cardEmf">Volts of the line card's source, twice what it gives into a matched phone.</param>
    /// <param name="phoneEmf">The phone's; null: it is on its hook.</param>
    /// <param name="injectedEmf">The recorder's behind its closed relay; null: the relay is open.</param>
    /// <param name="secondPhone">Another handset is up on the same pair.</param>
    /// <param name="muted">A relay has put 600 Ω in the phone's place.</param>
    public double Solve(double cardEmf, double? phoneEmf, double? injectedEmf, bool secondPhone, bool muted = false)
    {
        var admittance = (1 / _card.Ohms) + (phoneEmf is null ? 1 / (muted ? InjectionOhms : Resting) : 1 / _phone.Ohms) + (injectedEmf is null ? 0 : 1 / InjectionOhms);
        if (secondPhone) admittance += 1 / _second.Ohms;
        var current = (_card.Emf(cardEmf) / _card.Ohms) + (phoneEmf is { } said ? _phone.Emf(said) / _phone.Ohms : 0) + ((injectedEmf ?? 0) / InjectionOhms);
        if (secondPhone) current += _second.Emf(0) / _second.Ohms;
        Volts = current / admittance;
        _card.Carry(cardEmf, Volts);
        PhoneAmps = phoneEmf is { } spoken ? _phone.Carry(spoken, Volts) : _phone.Rest();
        if (secondPhone) _second.Carry(0, Volts);
        else _second.Rest();
        return Volts;
    }

    // Source, resistor, and what its capacitor remembers.
    private struct Branch
    {
        private readonly double _parallel, _capacitor;
        private double _volts, _amps;       // of the capacitor

        public Branch(Impedance impedance)
        {
            // A capacitor goes on to short at 4 kHz where it should still have ohms: some of its resistor stands before it instead,
            // and it is a little smaller. Both found by search over the usual impedances, 300 to 3,400 Hz.
            const double match = 2 * Math.PI * 1_700, before = 0.18, smaller = 0.85;
            var (series, parallel) = (impedance.Series, impedance.Parallel);
            if (impedance is { Parallel: > 0, Nanofarads: > 0 })
            {
                _capacitor = impedance.Nanofarads * 1e-9 * smaller * match / Math.Tan(match / 16_000);
                (series, parallel) = (series + (before * parallel), parallel * (1 - before));
            }
            _parallel = parallel > 0 ? 1 / ((1 / parallel) + _capacitor) : 0;
            Ohms = series + _parallel;
        }

        public readonly double Ohms { get; }

        public readonly double Emf(double emf) => emf - (_parallel * ((_capacitor * _volts) + _amps));

        public double Carry(double emf, double pair)
        {
            var current = (Emf(emf) - pair) / Ohms;
            if (_capacitor == 0) return current;
            var before = (_capacitor * _volts) + _amps;
            _volts = _parallel * (current + before);
            _amps = (_capacitor * _volts) - before;
            return current;
        }

        public double Rest()
        {
            (_volts, _amps) = (0, 0);
            return 0;
        }
    }
}
