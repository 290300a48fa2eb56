using System.Globalization;
using Nauha.Format;

namespace Nauha.Simulation;

/// <summary>One parameter of a port: as a key of a scenario, as a range to draw from, as a line of the ground truth.</summary>
/// <param name="From">Drawn from here …</param>
/// <param name="To">… to here; equal: it is not drawn.</param>
/// <param name="Share">… on such a share of the lines; on the others it stays as it is.</param>
internal sealed record PortKey(string Name, double Low, double High, string What, Func<PortProfile, double> Get, Func<PortProfile, double, PortProfile> Set, double From, double To, double Share = 1);

/// <summary>All parameters of a port that are numbers, in one table; codec, cadence and dial tone, which are words, stand below.</summary>
internal static class PortKeys
{
    public static IReadOnlyList<PortKey> All { get; } =
    [
        new("onHookVolts", 20, 60, "volts at rest", p => p.OnHookVolts, (p, v) => p with { OnHookVolts = v }, 36, 56),
        new("offHookVolts", 3.5, 42, "volts with a handset up", p => p.OffHookVolts, (p, v) => p with { OffHookVolts = v }, 4, 15),
        new("feedOhms", 200, 1_600, "behind the battery", p => p.Feed.Ohms, (p, v) => p with { Feed = p.Feed with { Ohms = v } }, 200, 1_600),
        new("loopMilliamps", 18, 35, "limit of the loop current", p => p.Feed.LimitMilliamps, (p, v) => p with { Feed = p.Feed with { LimitMilliamps = v } }, 18, 35),
        new("rippleMillivolts", 0, 500, "50 Hz on the volts, peak", p => p.Feed.RippleMillivolts, (p, v) => p with { Feed = p.Feed with { RippleMillivolts = v } }, 0, 200),
        new("droopPercent", 0, 30, "lower after 10 s at rest", p => p.Feed.DroopPercent, (p, v) => p with { Feed = p.Feed with { DroopPercent = v } }, 0, 20, 0.3),
        new("bounceMs", 0, 15, "of the hook, at lift and hang-up", p => p.Feed.BounceMs, (p, v) => p with { Feed = p.Feed with { BounceMs = v } }, 1, 15, 0.8),
        new("reversalMs", 0, 50, "how long the polarity takes to turn, ringing apart", p => p.Feed.ReversalMs, (p, v) => p with { Feed = p.Feed with { ReversalMs = v } }, 1, 50),
        new("secondPhoneVolts", 2, 6, "what a second phone takes off", p => p.Feed.SecondPhoneVolts, (p, v) => p with { Feed = p.Feed with { SecondPhoneVolts = v } }, 2, 6),
        new("ringHertz", 16, 50, "ring", p => p.Wave.Hertz, (p, v) => p with { Wave = p.Wave with { Hertz = v } }, 16.7, 50),
        new("ringVrms", 35, 90, "its effective value", p => p.Wave.Vrms, (p, v) => p with { Wave = p.Wave with { Vrms = v } }, 35, 90),
        new("ringCrest", 0, 1.6, "peak over effective value of a trapezoid, from 1.2; 0: a sine", p => p.Wave.Crest, (p, v) => p with { Wave = p.Wave with { Crest = v } }, 1.2, 1.6, 0.5),
        new("ringBiasPercent", 0, 100, "how much of the volts at rest lies under the ring", p => p.Wave.BiasPercent, (p, v) => p with { Wave = p.Wave with { BiasPercent = v } }, 0, 100, 0.5),
        new("ringTripMs", 0, 200, "ring goes on into a lifted handset", p => p.Wave.TripMs, (p, v) => p with { Wave = p.Wave with { TripMs = v } }, 20, 200),
        new("cardOhms", 100, 1_600, "line card: series", p => p.Wire.Card.Series, (p, v) => p with { Wire = p.Wire with { Card = p.Wire.Card with { Series = v } } }, 0, 0),
        new("cardParallelOhms", 0, 1_600, "parallel; 0: none", p => p.Wire.Card.Parallel, (p, v) => p with { Wire = p.Wire with { Card = p.Wire.Card with { Parallel = v } } }, 0, 0),
        new("cardNanofarads", 0, 500, "beside it", p => p.Wire.Card.Nanofarads, (p, v) => p with { Wire = p.Wire with { Card = p.Wire.Card with { Nanofarads = v } } }, 0, 0),
        new("phoneOhms", 100, 1_600, "phone: series", p => p.Wire.Phone.Series, (p, v) => p with { Wire = p.Wire with { Phone = p.Wire.Phone with { Series = v } } }, 0, 0),
        new("phoneParallelOhms", 0, 1_600, "parallel; 0: none", p => p.Wire.Phone.Parallel, (p, v) => p with { Wire = p.Wire with { Phone = p.Wire.Phone with { Parallel = v } } }, 0, 0),
        new("phoneNanofarads", 0, 500, "beside it", p => p.Wire.Phone.Nanofarads, (p, v) => p with { Wire = p.Wire with { Phone = p.Wire.Phone with { Nanofarads = v } } }, 0, 0),
        new("transHybridLossDb", 6, 100, "the far voice goes back to it so much lower; 100: not at all", p => p.Wire.TransHybridLossDb, (p, v) => p with { Wire = p.Wire with { TransHybridLossDb = v } }, 6, 30),
        new("echoMs", 0, 40, "and so much later", p => p.Wire.EchoMs, (p, v) => p with { Wire = p.Wire with { EchoMs = v } }, 0, 40),
        new("cancellerSeconds", 0, 2, "of far speech until the port's echo canceller has learned; 0: there is none", p => p.Wire.CancellerSeconds, (p, v) => p with { Wire = p.Wire with { CancellerSeconds = v } }, 0.3, 2, 0.7),
        new("suppressesDb", 0, 20, "what the canceller takes from all on the pair while the far side speaks", p => p.Wire.SuppressesDb, (p, v) => p with { Wire = p.Wire with { SuppressesDb = v } }, 6, 20),
        new("sidetoneDb", -40, 0, "one's own voice in one's own ear", p => p.Wire.SidetoneDb, (p, v) => p with { Wire = p.Wire with { SidetoneDb = v } }, -20, -6),
        new("cutThroughMs", 0, 2_500, "from the lift until the network is open", p => p.CutThroughMs, (p, v) => p with { CutThroughMs = Whole(v) }, 0, 2_500),
        new("inwardLagMs", 0, 2_500, "and so much later for the far side's voice", p => p.Network.InwardLagMs, (p, v) => p with { Network = p.Network with { InwardLagMs = Whole(v) } }, 0, 1_000, 0.3),
        new("delayMs", 0, 400, "one way", p => p.DelayMs, (p, v) => p with { DelayMs = Whole(v) }, 20, 400),
        new("lossPercent", 0, 5, "packets of 20 ms lost", p => p.Network.LossPercent, (p, v) => p with { Network = p.Network with { LossPercent = v } }, 0, 5),
        new("lossBurst", 1, 5, "in a row, on average", p => p.Network.LossBurst, (p, v) => p with { Network = p.Network with { LossBurst = v } }, 1, 5),
        new("jitterMs", 0, 20, "the delay jumps by up to", p => p.Network.JitterMs, (p, v) => p with { Network = p.Network with { JitterMs = v } }, 0, 20, 0.5),
        new("clipMs", 0, 80, "what a voice detector swallows of speech after silence", p => p.Network.ClipMs, (p, v) => p with { Network = p.Network with { ClipMs = v } }, 10, 80, 0.7),
        new("comfortNoiseDbv", -100, -40, "what an open network sounds of itself", p => p.ComfortNoiseDbv, (p, v) => p with { ComfortNoiseDbv = v }, -70, -50),
        new("comfortStepDb", 0, 20, "and by how much that steps", p => p.Network.ComfortStepDb, (p, v) => p with { Network = p.Network with { ComfortStepDb = v } }, 0, 10, 0.5),
        new("agcDb", 0, 10, "the far side's level steps within ±", p => p.Network.AgcDb, (p, v) => p with { Network = p.Network with { AgcDb = v } }, 0, 10, 0.4),
        new("farEchoDb", 15, 100, "what is said here comes back so much lower; 100: not at all", p => p.Network.FarEchoDb, (p, v) => p with { Network = p.Network with { FarEchoDb = v } }, 15, 45, 0.5),
        new("farEchoMs", 60, 600, "and so much later", p => p.Network.FarEchoMs, (p, v) => p with { Network = p.Network with { FarEchoMs = v } }, 60, 600),
        new("clockPpm", -150, 150, "the far clock against the pair's", p => p.Network.ClockPpm, (p, v) => p with { Network = p.Network with { ClockPpm = v } }, -150, 150),
        new("whiteDbv", -100, -45, "white noise", p => p.Noises.WhiteDbv, (p, v) => p with { Noises = p.Noises with { WhiteDbv = v } }, -80, -65),
        new("humDbv", -100, -30, "50 Hz and harmonics; −100: none", p => p.Noises.HumDbv, (p, v) => p with { Noises = p.Noises with { HumDbv = v } }, -70, -30, 0.5),
        new("gsmDbv", -100, -30, "a GSM telephone's 217 Hz", p => p.Noises.GsmDbv, (p, v) => p with { Noises = p.Noises with { GsmDbv = v } }, -70, -40, 0.3),
        new("lteDbv", -100, -30, "an LTE gateway's 100 and 200 Hz", p => p.Noises.LteDbv, (p, v) => p with { Noises = p.Noises with { LteDbv = v } }, -70, -40, 0.3),
        new("whineDbv", -100, -40, "a USB adapter's 1 kHz", p => p.Noises.WhineDbv, (p, v) => p with { Noises = p.Noises with { WhineDbv = v } }, -80, -55, 0.3),
        new("radioDbv", -100, -40, "a transmitter's music", p => p.Noises.RadioDbv, (p, v) => p with { Noises = p.Noises with { RadioDbv = v } }, -75, -55, 0.2),
        new("crosstalkDbv", -100, -50, "another pair's talk", p => p.Noises.CrosstalkDbv, (p, v) => p with { Noises = p.Noises with { CrosstalkDbv = v } }, -75, -55, 0.4),
        new("ringLeakDbv", -100, -40, "another pair's ring", p => p.Noises.RingLeakDbv, (p, v) => p with { Noises = p.Noises with { RingLeakDbv = v } }, -50, -40, 0.3),
        new("clicksPerMinute", 0, 60, "clicks", p => p.Noises.Clicks, (p, v) => p with { Noises = p.Noises with { Clicks = v } }, 0, 20, 0.4),
        new("clickDbv", -50, -10, "their peak", p => p.Noises.ClickDbv, (p, v) => p with { Noises = p.Noises with { ClickDbv = v } }, -50, -20),
        new("agentDbv", -30, 0, "active speech level; 0: as the sound is", p => p.Levels.AgentDbv, (p, v) => p with { Levels = p.Levels with { AgentDbv = v } }, -22, -12),
        new("callerDbv", -45, 0, "active speech level; 0: as the sound is", p => p.Levels.CallerDbv, (p, v) => p with { Levels = p.Levels with { CallerDbv = v } }, -38, -20),
        new("keysDbm0", -20, 0, "keyed and dialled digits, a tone", p => p.Levels.KeysDbm0, (p, v) => p with { Levels = p.Levels with { KeysDbm0 = v } }, -12, -4),
        new("tonesDbm0", -30, -5, "the port's tones", p => p.Levels.TonesDbm0, (p, v) => p with { Levels = p.Levels with { TonesDbm0 = v } }, -24, -10),
        new("tonesOffPercent", -2, 2, "their frequency", p => p.Levels.TonesOffPercent, (p, v) => p with { Levels = p.Levels with { TonesOffPercent = v } }, -1, 1),
        new("cadenceOffPercent", -20, 20, "their bursts and rests", p => p.Levels.CadenceOffPercent, (p, v) => p with { Levels = p.Levels with { CadenceOffPercent = v } }, -15, 15),
        new("callerIdDb", -30, 9, "caller ID against −21 dBm0 a tone", p => p.Levels.CallerIdDb, (p, v) => p with { Levels = p.Levels with { CallerIdDb = v } }, -12, 9),
        new("injectionLatencyMs", 0, 200, "from what the box plays to the pair", p => p.InjectionLatencyMs, (p, v) => p with { InjectionLatencyMs = Whole(v) }, 20, 80),
        new("playbackPpm", -200, 200, "the crystal of playback against capture's", p => p.Converter.PlaybackPpm, (p, v) => p with { Converter = p.Converter with { PlaybackPpm = v } }, -100, 100, 0.5),
        new("offsetPercent", -10, 10, "constant part of what is captured", p => p.Converter.OffsetPercent, (p, v) => p with { Converter = p.Converter with { OffsetPercent = v } }, -2, 2, 0.5),
        new("gainDb", -6, 6, "captured louder than the calibration says", p => p.Converter.GainDb, (p, v) => p with { Converter = p.Converter with { GainDb = v } }, -1, 1, 0.5),
        new("driftDbPerHour", -1, 1, "and by so much more each hour", p => p.Converter.DriftDbPerHour, (p, v) => p with { Converter = p.Converter with { DriftDbPerHour = v } }, -1, 1, 0.5),
        new("clipPercent", 5, 100, "where the input clips, of full scale", p => p.Converter.ClipPercent, (p, v) => p with { Converter = p.Converter with { ClipPercent = v } }, 0, 0),
    ];

    private static readonly (string Word, Codec Codec)[] Codecs = [("linear", Codec.Linear), ("alaw", Codec.ALaw), ("narrow", Codec.Narrow), ("g729", Codec.G729), ("amr-12.2", Codec.Amr122), ("amr-4.75", Codec.Amr475)];
    private static readonly Impedance[] Impedances = [Impedance.Plain, Impedance.European, new(900), new(220, 820, 115), new(370, 620, 310)];
    private static readonly string[] Cadences = ["1/4", "2/4", "0.4/0.2/0.4/2"], DialTones = ["425", "350+440", "400", "440", "450"];

    /// <summary>What a scenario says of a line's port, over what it would be.</summary>
    public static PortProfile Read(StrictJson.Members m, PortProfile port)
    {
        foreach (var key in All)
        {
            if (!m.Has(key.Name)) continue;
            var value = m.Number(key.Name);
            if (value < key.Low || value > key.High) throw m.Wrong(key.Name, string.Create(CultureInfo.InvariantCulture, $"is not within {key.Low} to {key.High}"));
            port = key.Set(port, value);
        }
        if (m.Has("swapped")) port = port with { Feed = port.Feed with { Swapped = m.Flag("swapped") } };
        if (m.Has("codec"))
        {
            var word = m.Text("codec");
            if (!Codecs.Any(c => c.Word == word)) throw m.Wrong("codec", $"is none of {string.Join(", ", Codecs.Select(c => c.Word))}");
            port = port with { Network = port.Network with { Codec = Codecs.First(c => c.Word == word).Codec } };
        }
        if (m.Has("ring")) port = port with { Ring = Cadence(m.Text("ring")) ?? throw m.Wrong("ring", "is no cadence such as 1/4 (seconds of 0.1 to 10)") };
        if (m.Has("dialTone")) port = port with { DialTone = Numbers(m.Text("dialTone"), '+', 200, 1_000) ?? throw m.Wrong("dialTone", "is no frequency or pair such as 350+440 (200 to 1,000 Hz)") };
        return port;
    }

    /// <summary>Everything that a port is, as keys that a scenario can be given.</summary>
    public static void Write(System.Text.Json.Utf8JsonWriter json, PortProfile port)
    {
        foreach (var key in All) json.WriteNumber(key.Name, Math.Round(key.Get(port), 4));
        json.WriteBoolean("swapped", port.Feed.Swapped);
        json.WriteString("codec", Codecs.First(c => c.Codec == port.Network.Codec).Word);
        json.WriteString("ring", string.Join("/", port.Ring.SelectMany(burst => new[] { burst.On, burst.Off }).Select(s => s.ToString(CultureInfo.InvariantCulture))));
        json.WriteString("dialTone", string.Join("+", port.DialTone.Select(h => h.ToString(CultureInfo.InvariantCulture))));
    }

    /// <summary>Every parameter from its range, by seed; impedances, codec, cadence and dial tone from what is usual.</summary>
    public static PortProfile Draw(PortProfile port, int seed)
    {
        var random = new Random(seed);
        double Roll() => random.NextDouble();
        T One<T>(IReadOnlyList<T> some) => some[random.Next(some.Count)];
        foreach (var key in All)
        {
            var (share, value) = (Roll(), key.From + (Roll() * (key.To - key.From)));
            if (key.From < key.To && share < key.Share) port = key.Set(port, Math.Round(value, 2));
        }
        if (port.Name == "mobile-gateway" && Roll() < 0.5) port = port with { OnHookVolts = Math.Round(21 + (Roll() * 7), 1) };
        // Some ports on short lines keep much of their volts; a handset that is up stays 10 V or 30 % under what they droop to: nearer
        // to it no threshold of a quarter tells a lift.
        if (Roll() < 0.15) port = port with { OffHookVolts = 40 };
        var rest = port.OnHookVolts * (1 - (port.Feed.DroopPercent / 100));
        port = port with { OffHookVolts = Math.Max(3.5, Math.Min(port.OffHookVolts, Math.Round(Math.Min(rest * 0.7, rest - 10), 1))) };
        return port with
        {
            Wire = port.Wire with { Card = One(Impedances), Phone = One(Impedances) },
            Network = port.Network with { Codec = One(Codecs).Codec },
            Feed = port.Feed with { Swapped = Roll() < 0.5 },
            Ring = Cadence(One(Cadences))!,
            DialTone = Numbers(One(DialTones), '+', 200, 1_000)!,
        };
    }

    /// <summary>The table of a manual: key, range, default, what it is.</summary>
    public static IEnumerable<string> Table() => All.Select(key => string.Create(CultureInfo.InvariantCulture, $"| `{key.Name}` | {key.Low} to {key.High} | {Math.Round(key.Get(PortProfile.Ata), 1)} | {key.What} |"));

    private static int Whole(double value) => (int)Math.Round(value);

    private static List<(double On, double Off)>? Cadence(string text) => Numbers(text, '/', 0.1, 10) is { Count: 2 or 4 or 6 } seconds ? [.. seconds.Chunk(2).Select(pair => (pair[0], pair[1]))] : null;

    private static List<double>? Numbers(string text, char between, double low, double high)
    {
        var numbers = text.Split(between).Select(part => double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high ? number : double.NaN).ToList();
        return numbers.Any(double.IsNaN) ? null : numbers;
    }
}
