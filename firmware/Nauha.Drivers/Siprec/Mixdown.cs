using Nauha.Audio;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// The streams of one session on one time, mixed to mono in blocks of 20 ms. Packets may come up to 60 ms out of order;
/// what has not come by then is lost: where nobody's audio is there, a gap of that length; where one party's is missing,
/// the other's is kept and the loss is said beside it. Not for several threads.
/// </summary>
/// <param name="start">Line time at which the session begins.</param>
/// <param name="began">The clock then, in seconds.</param>
internal sealed class Mixdown(int streams, long start, double began)
{
    private const int Rate = 8_000, Block = SampleBlock.Length, Size = 256 * Block;     // a burst of five seconds, after a network or this machine has stood still
    private const int Late = Rate * 60 / 1_000;
    private const double Stall = 1;                // nobody waits for a recording: what comes late is better than what is lost
    private const int SaidAtLeast = Rate / 2;      // of a long loss, so that the line's time goes on
    private const int LateInARow = 5;

    private readonly Stream[] _streams = [.. Enumerable.Range(0, streams).Select(_ => new Stream())];
    private readonly short[] _mixed = new short[Block];
    private long _newest = start, _lost;
    private double _clock = began;

    private sealed class Stream
    {
        public readonly short[] Samples = new short[Size];
        public readonly bool[] There = new bool[Size];
        public bool Held;

        /// <summary>Something of it has come, since it began or was taken from hold: more is awaited.</summary>
        public bool Known;

        public uint Source, Timestamp;
        public long At;
        public int LateCount;
    }

    /// <summary>Line time up to which blocks were handed out.</summary>
    public long Released { get; private set; } = start;

    /// <summary>Samples of the parties that never came.</summary>
    public long Lost { get; private set; }

    /// <summary>The clock when something last came.</summary>
    public double HeardAt { get; private set; } = began;

    /// <summary>Nothing is awaited of a stream on hold: it is silent, and nothing of it is lost.</summary>
    public void Hold(int stream, bool held, double now)
    {
        if (_streams[stream].Held == held) return;
        (_streams[stream].Held, _streams[stream].Known) = (held, false);
        (_newest, _clock, HeardAt) = (Math.Max(_newest, Released), now, now);
    }

    public void Take(int stream, in RtpPacket packet, double now)
    {
        var one = _streams[stream];
        var count = packet.Audio.Length;
        if (count is 0 or > Size / 4 || one.Held) return;
        HeardAt = now;
        var at = one.At + unchecked((int)(packet.Timestamp - one.Timestamp));
        // Another sender, or a clock that jumped: it begins where the line is.
        if (!one.Known || one.Source != packet.Source || at + count > Released + Size || one.LateCount >= LateInARow)
        {
            at = Math.Max(Released, _newest + (long)((now - _clock) * Rate) - count);
            if (at + count > Released + Size) at = Released;
            (one.Known, one.Source, one.LateCount) = (true, packet.Source, 0);
        }
        (one.At, one.Timestamp) = (at, packet.Timestamp);
        if (at + count <= Released)
        {
            one.LateCount++;
            return;
        }
        one.LateCount = 0;
        for (var i = (int)Math.Max(0, Released - at); i < count; i++)
        {
            var slot = (int)((at + i) % Size);
            one.Samples[slot] = packet.Payload == 8 ? G711.FromALaw(packet.Audio[i]) : G711.FromMuLaw(packet.Audio[i]);
            one.There[slot] = true;
        }
        if (at + count > _newest) (_newest, _clock) = (at + count, now);
    }

    /// <summary>The box itself stood still for so long: what came meanwhile is still to be taken, and nothing of it is late.</summary>
    public void Excuse(double seconds) => (_clock, HeardAt) = (_clock + seconds, HeardAt + seconds);

    /// <summary>Hands out what is due; what finds no room waits.</summary>
    /// <param name="end">The session is over: whatever has come is due.</param>
    public void Release(double now, Capture.BlockRing blocks, bool end = false)
    {
        var passed = now - _clock;
        var quiet = true;
        foreach (var stream in _streams) quiet &= !stream.Known;
        // While nothing comes the line's time goes on by the box's own clock.
        var due = end ? _newest : quiet || passed >= Stall ? _newest + Math.Max(0, (long)(passed * Rate)) - Late : _newest - Late;
        while ((end || !blocks.IsNearlyFull) && (Released + Block <= due || (Released + Block <= _newest && IsWhole()))) Mix(blocks, quiet);
    }

    private bool IsWhole()
    {
        foreach (var stream in _streams)
        {
            if (!stream.Known) continue;
            for (var i = 0; i < Block; i++)
                if (!stream.There[(Released + i) % Size]) return false;
        }
        return true;
    }

    private void Mix(Capture.BlockRing blocks, bool quiet)
    {
        var (most, missing, clipped) = (0, 0, false);
        for (var i = 0; i < Block; i++)
        {
            var (sum, there, awaited) = (0, 0, 0);
            foreach (var stream in _streams)
            {
                var slot = (Released + i) % Size;
                if (stream.Known) awaited++;
                if (!stream.There[slot]) continue;
                (stream.There[slot], sum) = (false, sum + stream.Samples[slot]);
                there++;
            }
            _mixed[i] = short.CreateSaturating(sum);
            clipped |= sum is >= short.MaxValue or <= short.MinValue;
            most = Math.Max(most, there);
            if (there < awaited) missing++;
        }
        Lost += missing;
        var at = Released;
        Released += Block;
        if (!quiet && most == 0 && (_lost += Block) < SaidAtLeast) return;
        if (most == 0 && !quiet) _lost -= Block;      // this one is the block that is handed out
        blocks.Push(at, _mixed, checked((int)(_lost + (quiet ? 0 : missing))), clipped);
        _lost = 0;
    }
}
