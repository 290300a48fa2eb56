namespace Nauha.Telephony;

/// <summary>Names the progress tone whose last burst and the rest before it are these; null: not known yet, or none.</summary>
/// <param name="bursts">Bursts of this run so far.</param>
/// <param name="on">Seconds of the last burst.</param>
/// <param name="off">Seconds of the rest before it; 0 at the first.</param>
/// <param name="onBefore">Seconds of the burst before.</param>
internal delegate string? Cadence(int bursts, double on, double off, double onBefore);

/// <summary>One sound of a set, of one frequency or of two, and what its cadences mean.</summary>
/// <param name="Uneven">A tone whose rests are not alike: they do not begin a new run.</param>
internal sealed record ToneSound(ToneLane Low, ToneLane? High, double Tolerance, Cadence Cadence, string? Uneven = null);

/// <summary>The progress tones that a line's profile has (ITU-T E.180 and its supplement).</summary>
public sealed class ToneSet
{
    /// <summary>425 Hz, in Finland's cadences.</summary>
    public static readonly ToneSet Finnish = new("finnish", 425, [new(ToneLane.Progress, null, 25, Finland, "callWaiting")]);

    /// <summary>350 + 440, 440 + 480 and 480 + 620 Hz: North America, and many adapters as they come.</summary>
    public static readonly ToneSet American = new("american", 440, [.. Pairs(), new(ToneLane.Progress, null, 15, (bursts, on, _, _) => bursts >= 1 && Near(on, 0.3) ? "callWaiting" : null, "callWaiting")]);

    /// <summary>350 + 440 Hz dial tone, 400 + 450 Hz ringback, the rest 400 Hz: Britain and its kin.</summary>
    public static readonly ToneSet British = new("british", 400,
    [
        new(ToneLane.Hz350, ToneLane.Hz440, 0, Dialling),
        new(ToneLane.Hz400, ToneLane.Hz450, 0, DoubleRing, "ringback"),
        new(ToneLane.Progress, null, 25, BritishSingle, "congestion"),
    ]);

    /// <summary>Any of them, for who does not know the line.</summary>
    public static readonly ToneSet Any = new("any", 425, [.. Pairs(), new(ToneLane.Hz400, ToneLane.Hz450, 0, DoubleRing, "ringback"), new(ToneLane.Progress, null, 45, Single, "callWaiting")]);

    private const double Between = 0.255, Quick = 0.185;

    private readonly double[] _frequencies;

    private ToneSet(string name, double hertz, ToneSound[] sounds)
    {
        (Name, Hertz, Sounds) = (name, hertz, sounds);
        _frequencies = [.. sounds.SelectMany(sound => new[] { sound.Low, sound.High ?? sound.Low }).Distinct().Select(lane => ToneSpectrum.Hertz(lane, hertz)).Distinct()];
    }

    /// <summary>One frequency between 350 and 500 Hz, in any of the cadences of E.180: 400, 440, 450.</summary>
    public static ToneSet Of(double hertz) => hertz == 425 ? Finnish : new($"{hertz} Hz", hertz, [new(ToneLane.Progress, null, 25, Single, "callWaiting")]);

    /// <summary>By its name, or by one frequency in hertz; null: there is no such set.</summary>
    public static ToneSet? Named(string name) => name switch
    {
        "finnish" => Finnish,
        "american" => American,
        "british" => British,
        "any" => Any,
        "400" or "440" or "450" => Of(double.Parse(name, System.Globalization.CultureInfo.InvariantCulture)),
        _ => null,
    };

    public string Name { get; }

    /// <summary>Hertz of every tone in it.</summary>
    public ReadOnlySpan<double> Frequencies => _frequencies;

    internal double Hertz { get; }

    internal IReadOnlyList<ToneSound> Sounds { get; }

    private static ToneSound[] Pairs() =>
    [
        new(ToneLane.Hz350, ToneLane.Hz440, 0, Dialling),
        new(ToneLane.Hz440, ToneLane.Hz480, 0, (_, on, _, _) => Near(on, 2) || Near(on, 1) ? "ringback" : null),
        new(ToneLane.Hz480, ToneLane.Hz620, 0, (bursts, on, off, _) => bursts < 2 ? null : Near(on, 0.5) && Near(off, 0.5) ? "busy" : Near(on, 0.25) && Near(off, 0.25) ? "congestion" : null),
    ];

    private static string? Finland(int bursts, double on, double off, double onBefore) => (on, off) switch
    {
        // Alone it might be a dial tone that a digit cut short: nearer to the book than with another.
        _ when bursts == 1 => Math.Abs(on - 1) < 0.2 ? "ringback" : null,
        _ when Near(on, 1.0) && Near(off, 4.0) => "ringback",
        _ when Near(on, 0.65) && off < 0.08 => "stutterDial",
        // A fifth off either way they meet: 240 ms are as well the one as the other.
        ( > Between and < 0.385, > Between and < 0.385) => "busy",
        ( > Quick and <= Between, > Quick - 0.02 and <= Between + 0.01) => "congestion",
        // A quick congestion begins as a call waiting does; that has two bursts.
        ( > 0.105 and <= Quick, > 0.105 and < 0.2) => bursts == 2 ? "callWaiting" : "congestion",
        _ => null,
    };

    // E.180: a busy tone's period is 0.3 to 1.1 s, a ringback's burst 0.67 to 1.5 s and its rest 3 to 5 s.
    private static string? Single(int bursts, double on, double off, double onBefore) => Finland(bursts, on, off, onBefore) ?? (on, off) switch
    {
        _ when bursts < 2 => null,
        ( > 0.6 and < 1.6, > 2.5 and < 5.5) => "ringback",
        _ when Math.Abs(on - off) > 0.2 * on => null,
        ( > 0.275 and < 0.8, _) => "busy",
        ( > 0.17 and <= 0.275, _) => "congestion",
        _ => null,
    };

    private static string? BritishSingle(int bursts, double on, double off, double onBefore) => (on, off) switch
    {
        _ when bursts < 2 => null,
        _ when Near(on, 0.375) && Near(off, 0.375) && Near(onBefore, 0.375) => "busy",
        _ when Near(onBefore, 0.4) && Near(off, 0.35) && Near(on, 0.225) => "congestion",
        ( > 0.07 and < 0.16, > 1.5 and < 6) => "callWaiting",
        _ => null,
    };

    private static string? Dialling(int bursts, double on, double off, double onBefore) => bursts >= 3 && Near(on, 0.1) && Near(off, 0.1) ? "stutterDial" : null;

    private static string? DoubleRing(int bursts, double on, double off, double onBefore) => bursts >= 2 && Near(on, 0.4) && Near(off, 0.2) ? "ringback" : null;

    // E.180 lets cadences vary by some 10 %; generators by 20 %, and steps of 10 ms count at the short ones.
    private static bool Near(double seconds, double wanted) => Math.Abs(seconds - wanted) < Math.Max(0.026, wanted * 0.23);
}
