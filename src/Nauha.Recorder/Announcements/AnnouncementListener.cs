using Nauha.Recorder.Line;
using Nauha.Telephony;

namespace Nauha.Recorder.Announcements;

/// <summary>
/// Waits for an announcement that somebody else plays, the network or the PBX, at whatever moment of the call: a few of its
/// windows of 250 ms are sought in all that is heard; where one is found the whole must follow, and once its length has
/// passed the same proof judges it as one that the box has said itself. It allocates nothing until one is to be judged.
/// </summary>
/// <remarks>
/// Sought at half the rate, where speech has its strength: 80 places a block, each by a dot product of 1,000 for each
/// window. What is missed is not heard, so the search may be coarse: the proof is what counts.
/// </remarks>
internal sealed class AnnouncementListener : ITelling
{
    private const int Windows = 3;
    private const int Half = SpeechWindows.Length / 2, Step = 80;     // of a window and of a block, at 4 kHz
    private const float Likely = 0.55f;
    private const float Silence = Half * 1e-8f;                       // −77 dB: nothing to be found
    private const int Near = 100, Slack = 360;                        // samples; the proof looks ±20 ms about what it finds
    private const int Most = 8;                                       // places that may be its beginning, at a time

    private readonly float[] _announcement;
    private readonly double _dbvAtFullScale;
    private readonly Expected _expected;
    private readonly int[] _offsets;
    private readonly float[][] _windows;
    private readonly float[] _recent = new float[Half + Step];
    private readonly short[] _block = new short[2 * Step];
    private readonly (long At, float Strength)[] _begins = new (long, float)[Most];
    private int _count;
    private long _from, _sought;

    /// <param name="dbvAtFullScale">Of what is heard.</param>
    /// <param name="dbv">Its active speech level here, where somebody has measured it; null: any level that is no crosstalk.</param>
    /// <exception cref="ArgumentException">There is too little speech in it to be known by.</exception>
    public AnnouncementListener(Announcement known, double dbvAtFullScale, double? dbv)
    {
        (_announcement, _dbvAtFullScale, _expected) = (known.Samples, dbvAtFullScale, Expected.OfOthers(dbv));
        _offsets = Chosen(_announcement);
        _windows = [.. _offsets.Select(offset => Halved(_announcement.AsSpan(offset, SpeechWindows.Length)))];
    }

    public ToneSet Tones { get; set; } = ToneSet.Finnish;

    public void Anew(long at) => (_from, _sought, _count) = (at, Math.Max(_sought, at), 0);

    public void Disturbed(long at) => Anew(Math.Max(_from, at));

    public void Start(long at, bool stateHeld, bool cutThrough)
    {
        // others say it, when they do
    }

    public void Stop()
    {
        // nothing of the box sounds
    }

    public void Clean(LineMemory memory, ReadOnlySpan<short> heard, long at, Span<short> left) => heard.CopyTo(left);

    public Proof? Feed(LineMemory memory, bool isFed)
    {
        // Nobody listened for longer than the memory reaches back: what is gone cannot be found.
        if (_sought < memory.Start) (_sought, _from) = (memory.Start, Math.Max(_from, memory.Start));
        for (; _sought + _block.Length <= memory.End; _sought += _block.Length)
        {
            memory.CopyTo(_sought, _block);
            Seek();
        }
        for (var i = 0; i < _count; i++)
        {
            var begin = _begins[i].At;
            if (begin + _announcement.Length + Slack > memory.End) continue;
            _begins[i--] = _begins[--_count];
            if (Judge(memory, begin, isFed) is { } proof) return proof;
        }
        return null;
    }

    private Proof? Judge(LineMemory memory, long begin, bool isFed)
    {
        // What was heard before the moment from which it counts reads as silence.
        var heard = new short[_announcement.Length + (2 * Slack)];
        memory.CopyTo(begin - Slack, heard);
        if (_from > begin - Slack) heard.AsSpan(0, (int)Math.Min(heard.Length, _from - begin + Slack)).Clear();
        var floats = Array.ConvertAll(heard, sample => sample / 32_768f);
        // A vowel of anybody's may be like one of the windows; the others then are not, and the proof is dear.
        var alike = _offsets.Count(offset => Math.Abs(HeardProof.Best(floats, _announcement.AsSpan(offset, SpeechWindows.Length), offset, 2 * Slack).Value) > Likely);
        if (alike < Windows - 1) return null;
        var proof = HeardProof.Judge(floats, _announcement, 2 * Slack, _dbvAtFullScale, _expected, isFed, cutThrough: true, Tones.Frequencies, begin - Slack);
        if (proof.Holds) _count = 0;
        return proof;
    }

    private void Seek()
    {
        Array.Copy(_recent, Step, _recent, 0, Half);
        for (var i = 0; i < Step; i++) _recent[Half + i] = (_block[2 * i] + _block[(2 * i) + 1]) / 65_536f;
        var energy = SpeechWindows.Dot(_recent.AsSpan(0, Half), _recent.AsSpan(0, Half));
        for (var i = 1; i <= Step; i++)
        {
            energy += (_recent[Half + i - 1] * _recent[Half + i - 1]) - (_recent[i - 1] * _recent[i - 1]);
            if (energy < Silence) continue;
            var there = _recent.AsSpan(i, Half);
            var least = Likely * MathF.Sqrt(energy);
            for (var window = 0; window < Windows; window++)
                if (MathF.Abs(SpeechWindows.Dot(there, _windows[window])) is var alike && alike > least) Suspect(_sought + (2L * (i - Half)) - _offsets[window], alike / MathF.Sqrt(energy));
        }
    }

    private void Suspect(long begin, float strength)
    {
        if (begin < _from - Near) return;
        var weakest = 0;
        for (var i = 0; i < _count; i++)
        {
            if (Math.Abs(_begins[i].At - begin) <= Near)
            {
                if (strength > _begins[i].Strength) _begins[i] = (begin, strength);
                return;
            }
            if (_begins[i].Strength < _begins[weakest].Strength) weakest = i;
        }
        if (_count < Most) _begins[_count++] = (begin, strength);
        else if (strength > _begins[weakest].Strength) _begins[weakest] = (begin, strength);
    }

    // The loudest of the windows in each third: whoever talks over one of them leaves the others.
    private static int[] Chosen(float[] samples)
    {
        var speech = SpeechWindows.Of(samples);
        if (speech.Count < 2 * Windows) throw new ArgumentException($"It holds {speech.Count * 0.25:F1} s of speech; to be known by it needs {2 * Windows * 0.25:F1} s.", nameof(samples));
        return [.. speech.Chunk((speech.Count + Windows - 1) / Windows).Select(part => part.MaxBy(window => SpeechWindows.Power(samples.AsSpan(window, SpeechWindows.Length))))];
    }

    // At half the rate, and of strength 1.
    private static float[] Halved(ReadOnlySpan<float> samples)
    {
        var half = new float[Half];
        for (var i = 0; i < Half; i++) half[i] = samples[2 * i] + samples[(2 * i) + 1];
        var strength = MathF.Sqrt(SpeechWindows.Dot(half, half));
        for (var i = 0; i < Half; i++) half[i] /= strength;
        return half;
    }
}
