using CsCheck;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>What holds for every detector, whatever the line carries.</summary>
public sealed class DetectorsOnAnything
{
    private static readonly Gen<short[]> Audio = Gen.OneOf(
        Gen.Short.Array[0, 4_000],
        Gen.OneOf(Gen.Const(short.MinValue), Gen.Const(short.MaxValue), Gen.Const((short)0)).Array[0, 4_000],
        Gen.Select(Gen.Int[1, 4_000], Gen.Double[1, 4_000], Gen.Double[-60, 3], (n, hertz, level) => new Sounding().Tone(n / 8.0, level, hertz).Samples()),
        Gen.Int[0, 10_000].Select(seed => new Sounding(seed).Silence(50).Keyed(new Sounding(seed).RandomKeys(3), 45, 45).Noise(8, -7).Samples()));

    // Ten times as much in the long form.
    private static readonly int Times = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 10 : 1;

    private sealed class Everything
    {
        private readonly DtmfDetector _dtmf = new();
        private readonly FskCallerId _fsk = new();
        private readonly ToneDetector _tone = new(), _any = new(ToneSet.Any), _british = new(ToneSet.British);
        private readonly SpeechDetector _speech = new();
        private readonly LevelMeter _levels = new();
        private readonly DialToneMeter _dial = new();
        private readonly MusicDetector _music = new();
        private DialTone? _dialled;

        public List<DtmfTone> Digits { get; } = [];
        public List<CallerIdMessage> Messages { get; } = [];
        public List<ToneEvent> Tones { get; } = [];

        public void Process(ReadOnlySpan<short> samples)
        {
            _dtmf.Process(samples, Digits);
            _fsk.Process(samples, Messages);
            _tone.Process(samples, Tones);
            _any.Process(samples, Tones);
            _british.Process(samples, Tones);
            _levels.Process(samples);
            _speech.Process(samples);
            _music.Process(samples);
            _dialled = _dial.Process(samples) ?? _dialled;
        }

        // Tones of three detectors: each tells in its own order.
        private string InOrder => string.Join(' ', Tones.Select(t => $"{t}").Order(StringComparer.Ordinal));

        public string Heard => $"{string.Join(' ', Digits)} | {string.Join(' ', Messages)} | {InOrder} | {_fsk.MessageWaiting} | {_tone.Alerts} | {_speech.IsSpeech} | {_music.IsMusic} {_music.Stands} | {_dialled} | {_levels.Read() with { Hum = null }} | {string.Join(' ', _levels.Read().Hum ?? [])}";
    }

    [Fact]
    public void No_audio_makes_an_analysis_throw() =>
        Audio.Sample(samples =>
        {
            LineAnalysis.Analyze(samples, onHook: true)[^1].ShouldBeOfType<Finding.Summary>();
            LineAnalysis.Analyze(samples, onHook: false)[^1].ShouldBeOfType<Finding.Summary>();
        }, iter: 60 * Times);

    [Fact]
    public void The_size_of_blocks_changes_nothing() =>
        Gen.Select(Gen.Int[0, 5_000], Gen.Int[1, 700].Array[1, 40]).Sample((seed, sizes) =>
        {
            var samples = Busy(seed);
            var (whole, parts) = (new Everything(), new Everything());
            whole.Process(samples);
            for (var (at, i) = (0, 0); at < samples.Length; i++)
            {
                var size = Math.Min(sizes[i % sizes.Length], samples.Length - at);
                parts.Process(samples.AsSpan(at, size));
                at += size;
            }
            parts.Heard.ShouldBe(whole.Heard);
            whole.Digits.Count.ShouldBe(4);
            whole.Messages.Count.ShouldBe(1);
        }, iter: 20 * Times);

    [Fact]
    public void A_block_allocates_nothing()
    {
        var samples = Busy(1);
        var everything = new Everything();
        everything.Process(samples);
        everything.Digits.Clear();
        everything.Tones.Clear();
        everything.Messages.Clear();
        var noise = new Sounding(2).Silence(2_000).Keyed("19", 100, 100).Noise(15, -10).Samples();
        everything.Process(noise);
        everything.Digits.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 0; at + 160 <= noise.Length; at += 160) everything.Process(noise.AsSpan(at, 160));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        everything.Digits.Count.ShouldBe(2);
    }

    private static short[] Busy(int seed) => new Sounding(seed).Silence(100).Keyed("15#A", 60, 60).Silence(300)
        .Fsk([0x80, 5, 2, 3, .. "112"u8]).Silence(200).Fsk([0x82, 3, 0x0B, 1, 0xFF]).Tone(700, -12, 425).Silence(100).Tone(90, -15, 2_130, 2_750).Silence(100)
        .Tone(400, -12, 400, 450).Silence(200).Tone(400, -12, 400, 450).Silence(100).OverTone(-40, 50).Noise(25, -10).Samples();
}
