namespace Nauha.Simulation;

/// <summary>What lies between the port and the far party, both ways; delay and opening are the port's (<see cref="PortProfile"/>).</summary>
public sealed record Network
{
    /// <summary>The far side is heard so much later than he hears, 0 to 2,500 ms.</summary>
    public int InwardLagMs { get; init; }

    public Codec Codec { get; init; }

    /// <summary>Of packets of 20 ms, 0 to 5 %. What is lost is replaced by the packet before, fading over 60 ms.</summary>
    public double LossPercent { get; init; }

    /// <summary>Packets lost one after the other, on average, 1 to 5.</summary>
    public double LossBurst { get; init; } = 1;

    /// <summary>The delay jumps within so much, about every two seconds, 0 to 20 ms.</summary>
    public double JitterMs { get; init; }

    /// <summary>What a voice detector swallows of speech after silence, 0 to 80 ms; it lets go of it after 200 ms.</summary>
    public double ClipMs { get; init; }

    /// <summary>The comfort noise steps up and down by so much, about every three seconds, 0 to 20 dB.</summary>
    public double ComfortStepDb { get; init; }

    /// <summary>The far side's level steps within ± so much, about every four seconds, 0 to 10 dB.</summary>
    public double AgcDb { get; init; }

    /// <summary>By how much less what is said here comes back from the far end, 15 to 45 dB; 100: it does not.</summary>
    public double FarEchoDb { get; init; } = 100;

    /// <summary>How much later, 60 to 600 ms; at least the way there and back.</summary>
    public double FarEchoMs { get; init; } = 200;

    /// <summary>The far side's clock against the pair's, ±150 ppm; when 20 ms have gathered, a packet is dropped or played twice.</summary>
    public double ClockPpm { get; init; }
}

/// <summary>One way through the network: what goes in comes out so many samples later, as the network has treated it.</summary>
/// <remarks>Chance is drawn each packet, by line time; the same for all signals that go through together.</remarks>
internal sealed class NetworkLeg
{
    private const int Rate = 8_000, Packet = 160, HangOver = 1_600;
    private const double VoiceVolts = 0.0032;    // −50 dBV
    private static readonly double[] Fades = [0.8, 0.5, 0.25, 0];

    private readonly Network _network;
    private readonly CodecModel _codec;
    private readonly float[][] _ring, _last;
    private readonly int _delay, _held;
    private readonly double _scale;
    private readonly bool _plain, _agc;
    private double _shift, _drift, _gain = 1, _voice;
    private long _voiceSince = -1, _voicedAt = long.MinValue / 2;
    private int _lost = -1;                     // packets in a row; −1: none
    private uint _random;

    /// <param name="scale">Volts of 1 in what is put in.</param>
    /// <param name="past">So many samples <see cref="Past"/> looks back, below a second.</param>
    public NetworkLeg(Network network, int delay, double scale, double fullVolts, bool steps, int signals, uint seed, int past = 0)
    {
        (_network, _delay, _scale, _agc, _random) = (network, delay, scale, steps && network.AgcDb > 0, seed);
        _codec = new(network.Codec, fullVolts / scale, signals, Chance.Next(seed));
        _plain = _codec.IsIdle && !_agc && network is { LossPercent: 0, JitterMs: 0, ClipMs: 0, ClockPpm: 0 };
        _held = _plain ? Math.Min(Rate, Math.Max(delay, past) + 1) : Rate;
        _ring = [.. Enumerable.Range(0, signals).Select(_ => new float[_held])];
        _last = [.. Enumerable.Range(0, _plain ? 0 : signals).Select(_ => new float[Packet])];
    }

    /// <summary>Packets of 20 ms lost so far.</summary>
    public long Lost { get; private set; }

    /// <summary>Puts in the next sample of each signal, the first being all of them together; <paramref name="signals"/> comes back as what comes out.</summary>
    public void Step(long now, Span<double> signals)
    {
        var open = _network.ClipMs == 0 || Opens(now, Math.Abs(signals[0]) * _scale);
        for (var i = 0; i < signals.Length; i++)
        {
            _ring[i][now % _held] = open ? (float)signals[i] : 0;
            signals[i] = now < _delay ? 0 : _ring[i][(now - _delay) % _held];
        }
        if (_plain || now < _delay) return;
        if (now % Packet == 0) Draw();
        if (_shift != 0 || _drift != 0)
            for (var i = 0; i < signals.Length; i++) signals[i] = At(i, now - _delay, Math.Min(_delay - 1, _shift + _drift));
        if (_network.ClockPpm != 0) Drift();
        if (!_codec.IsIdle) _codec.Step(signals);
        for (var i = 0; i < signals.Length; i++)
        {
            if (_lost >= 0) signals[i] = Fades[Math.Min(_lost, Fades.Length - 1)] * _last[i][now % Packet];
            else _last[i][now % Packet] = (float)signals[i];
            signals[i] *= _gain;
        }
    }

    /// <summary>What went in so many samples before the newest; 0 where it looks back further than it was made for.</summary>
    public double Past(int signal, long now, long ago) => ago > now || ago >= _held ? 0 : _ring[signal][(now - ago) % _held];

    // Linear between two samples: a clock's drift is slow, and what it costs lies above 3 kHz.
    private double At(int signal, long at, double later)
    {
        var whole = (long)Math.Floor(at + later);
        var part = at + later - whole;
        var one = whole < 0 ? 0 : _ring[signal][whole % _held];
        return part == 0 ? one : ((1 - part) * one) + (part * _ring[signal][(whole + 1) % _held]);
    }

    private void Drift()
    {
        _drift += _network.ClockPpm * 1e-6;
        if (Math.Abs(_drift) >= Packet) _drift -= Math.Sign(_drift) * Packet;
    }

    private bool Opens(long now, double volts)
    {
        _voice = Math.Max(volts, _voice * (1 - (1 / 80.0)));
        if (_voice > VoiceVolts)
        {
            if (_voiceSince < 0) _voiceSince = now;
            _voicedAt = now;
        }
        else if (now - _voicedAt > HangOver) _voiceSince = -1;
        return _voiceSince >= 0 && now - _voiceSince >= _network.ClipMs * 8;
    }

    // Two states of the network, good and bad (Gilbert): as many packets lost as asked, in bursts of the length asked.
    private void Draw()
    {
        if (_network.LossPercent > 0)
        {
            var share = _network.LossPercent / 100;
            var leaves = 1 / Math.Max(1, _network.LossBurst);
            var lost = _lost >= 0 ? Roll() >= leaves : Roll() < share * leaves / (1 - share);
            _lost = lost ? _lost + 1 : -1;
            if (lost) Lost++;
        }
        // Never later than what has come: the delay itself is the buffer.
        if (_network.JitterMs > 0 && Roll() < 0.01) _shift = -((Roll() * 2) - 1) * Math.Min(_network.JitterMs * 8, _delay);
        if (_agc && Roll() < 0.005) _gain = Math.Pow(10, ((Roll() * 2) - 1) * _network.AgcDb / 20);
    }

    private double Roll()
    {
        _random = Chance.Next(_random);
        return Chance.Share(_random);
    }
}
