using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Telephony;

namespace Nauha.Recorder.Announcements;

/// <summary>
/// Plays one announcement on one line: a quiet lead-in of 250 ms that opens the network's voice detectors, then the
/// texts, then waits until the last sample has come back and judges it. Fed once a block by the line's own thread.
/// </summary>
public sealed class AnnouncementPlayer : ITelling
{
    private const int LeadIn = Spoken.LeadIn;
    private const int Ahead = 1_600;
    private const int LongestBehind = 2 * 8_000;

    /// <summary>The longest way from queue to pair and back that is reckoned with: 400 ms.</summary>
    private const int LongestDelay = 3_200;

    private readonly ILineSource _source;
    private readonly short[] _queue;
    private readonly float[] _played;
    private int _handed;
    private readonly OwnSound _own = new();
    private long _startedAt = -1;
    private bool _stateHeld, _cutThrough, _begun;

    /// <param name="levelDbv">Active speech level that the pair should show.</param>
    /// <param name="injectionDbv">What a full-scale sine reaches on this line's pair, where that was measured; null: what the source says.</param>
    public AnnouncementPlayer(ILineSource source, Announcement announcement, double levelDbv, double? injectionDbv = null)
    {
        _source = source;
        var spoken = announcement.SpokenAt(levelDbv, injectionDbv ?? source.InjectionDbvAtFullScale);
        (_played, _queue, LevelDbv, MissingDb) = (spoken.Samples, spoken.Queue, spoken.LevelDbv, levelDbv - spoken.LevelDbv);
    }

    /// <summary>Active speech level on the pair, and what the proof asks for: what was asked, or less where the peaks do not let it.</summary>
    public double LevelDbv { get; }

    /// <summary>So many dB are missing from what was asked: from <see cref="TooFew"/> on that is to be said.</summary>
    public double MissingDb { get; }

    public const double TooFew = 0.5;

    public bool IsPlaying => _startedAt >= 0;

    /// <summary>The port's progress tones: one of them under the announcement means that nobody is there yet.</summary>
    public ToneSet Tones { get; set; } = ToneSet.Finnish;

    /// <summary>Begins with the next block, or as soon as the ears are at the present: what is said into a backlog comes back later than it is looked for. <paramref name="at"/> is the line time just heard.</summary>
    /// <param name="stateHeld">Somebody is there, and the pair is fed.</param>
    /// <param name="cutThrough">The line carries audio by now, as far as that is known.</param>
    public void Start(long at, bool stateHeld, bool cutThrough)
    {
        _handed = 0;
        _startedAt = at;
        (_stateHeld, _cutThrough, _begun) = (stateHeld, cutThrough, false);
        _own.Reset();
    }

    /// <summary>What is heard without what the box itself plays.</summary>
    public void Clean(LineMemory memory, ReadOnlySpan<short> heard, long at, Span<short> left)
    {
        if (!IsPlaying || !_begun || at < _startedAt)
        {
            heard.CopyTo(left);
            return;
        }
        // The lead-in has been handed over; it may come back as late as the longest delay.
        if (at >= _startedAt + LeadIn && _own.CanSearch(at - _startedAt))
        {
            var so = new short[at - _startedAt];
            memory.CopyTo(_startedAt, so);
            _own.Find(so, _queue.AsSpan(0, LeadIn), LongestDelay);
        }
        _own.Remove(heard, _queue, at - _startedAt, left);
    }

    /// <summary>The handset moved or the polarity turned: whatever is heard now proves nothing.</summary>
    public void Disturbed(long at) => _stateHeld = false;

    void ITelling.Anew(long at)
    {
        // it says the whole announcement each time
    }

    Proof? ITelling.Feed(LineMemory memory, bool isFed) => Feed(memory);

    public void Stop()
    {
        _startedAt = -1;
        _source.StopInjection();
    }

    /// <summary>Tops up the injection; once everything has been heard again, the judgement. Null before that.</summary>
    public Proof? Feed(LineMemory memory)
    {
        if (!IsPlaying) return null;
        if (!_begun)
        {
            if (_source.BlocksWaiting > 0 && memory.End < _startedAt + LongestBehind) return null;
            (_startedAt, _begun) = (memory.End, true);
        }
        if (_handed < _queue.Length)
        {
            var room = Ahead - _source.InjectionPending;
            if (room > 0) _handed += _source.Inject(_queue.AsSpan(_handed, Math.Min(room, _queue.Length - _handed)));
            return null;
        }
        if (_source.InjectionPending > 0 || memory.End < _startedAt + _queue.Length + LongestDelay) return null;

        var from = _startedAt + LeadIn;
        var heard = new short[checked((int)(memory.End - from))];
        memory.CopyTo(from, heard);
        var floats = Array.ConvertAll(heard, sample => sample / 32_768f);
        var proof = HeardProof.Judge(floats, _played, LongestDelay, _source.DbvAtFullScale, Expected.OfOwn(LevelDbv), _stateHeld, _cutThrough, Tones.Frequencies, from);
        Stop();
        return proof;
    }
}
