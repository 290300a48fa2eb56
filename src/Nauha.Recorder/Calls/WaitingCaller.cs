using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// Another caller waits, and the port tells the telephone's display who it is: in the middle of the talk, by modem, after an
/// alerting signal (EN 300 659-1, off-hook; ETSI names the pauses). He is no party to this call, so his number is not
/// kept: from the signal on the line is silence until the message is over. Fed block by block.
/// </summary>
internal sealed class WaitingCaller
{
    private const int Begins = 8_000;           // the telephone acknowledges within 160 ms, the message comes within half a second of that
    private const int Hang = 400, Longest = 4 * 8_000;

    private readonly List<CallerIdMessage> _messages = [];
    private FskCallerId _fsk = new();
    private int _alerts;
    private long _until, _latest;

    /// <summary>Line time from which what sounds is not kept; null: nobody waits.</summary>
    public long? From { get; private set; }

    /// <summary>The last stretch that is over.</summary>
    public (long From, long Until) Last { get; private set; }

    /// <param name="alerts">Alerting signals that the tone detector has heard so far.</param>
    /// <returns>The stretch, once it is over.</returns>
    public (long From, long Until)? Hear(ReadOnlySpan<short> samples, long at, int alerts)
    {
        var end = at + samples.Length;
        if (alerts > _alerts)
        {
            _fsk = new();
            From ??= at;
            (_until, _latest) = (end + Begins, end + Longest);
        }
        _alerts = alerts;
        if (From is not { } from) return null;
        _messages.Clear();
        _fsk.Process(samples, _messages);
        if (_fsk.IsReceiving) _until = Math.Max(_until, end + Hang);
        if (end < Math.Min(_until, _latest)) return null;
        From = null;
        _fsk = new();
        return Last = (from, end);
    }

    public void Forget() => (From, Last, _fsk, _alerts) = (null, default, new(), 0);
}
