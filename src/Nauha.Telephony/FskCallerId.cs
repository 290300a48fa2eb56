namespace Nauha.Telephony;

/// <summary>
/// Caller ID by FSK: V.23 (EN 300 659-1) and Bell 202, both at once, with or without an alerting signal or a seizure before
/// it. Messages with a good checksum alone (<see cref="FskMessage"/>): call setup is a caller; message waiting is known,
/// and nobody's call.
/// </summary>
public sealed class FskCallerId
{
    private const int LeastMark = 12;       // bits
    private const int LongestRest = 24;     // bits between two bytes of a message
    private const int Agreeing = 160;       // samples that one modem waits for the other

    private readonly Modem _v23 = new(CallerIdStandard.V23, new(1_300, 2_100));
    private readonly Modem _bell = new(CallerIdStandard.Bell202, new(1_200, 2_200));
    private readonly FskTurns _line = new();
    private (Heard Message, long Until)? _first;

    /// <summary>Whether the last message-waiting message said that messages wait; null: there was none.</summary>
    public bool? MessageWaiting { get; private set; }

    /// <summary>A message has begun and is not complete.</summary>
    public bool IsReceiving => _v23.IsReceiving || _bell.IsReceiving;

    /// <summary>Takes samples; adds messages that are complete.</summary>
    public void Process(ReadOnlySpan<short> samples, List<CallerIdMessage> messages)
    {
        while (_line.Take(ref samples))
        {
            Hear(_v23, messages);
            Hear(_bell, messages);
            if (_first is { } first && _line.Line.At > first.Until) Give(first.Message, messages);
        }
    }

    /// <summary>The samples ended.</summary>
    public void Finish(List<CallerIdMessage> messages)
    {
        Process(new short[200 + FskTurns.Step], messages);
        if (_first is { } first) Give(first.Message, messages);
    }

    // Either modem can read the other's message: the one whose tones fit better says which it was.
    private void Hear(Modem modem, List<CallerIdMessage> messages)
    {
        if (modem.Take(_line) is not { } heard) return;
        if (_first is not { } first) _first = (heard, _line.Line.At + Agreeing);
        else Give(heard.Fit > first.Message.Fit ? heard : first.Message, messages);
    }

    private void Give(Heard heard, List<CallerIdMessage> messages)
    {
        _first = null;
        if (heard.Caller is { } caller) messages.Add(caller);
        MessageWaiting = heard.Waiting ?? MessageWaiting;
    }

    private sealed record Heard(CallerIdMessage? Caller, bool? Waiting, double Fit);

    private sealed class Modem(CallerIdStandard standard, FskReceiver receiver)
    {
        private readonly byte[] _message = new byte[258];
        private int _count;
        private long _began;
        private double _fit;

        public bool IsReceiving => _count > 0;

        public Heard? Take(FskTurns line)
        {
            Heard? heard = null;
            foreach (ref readonly var turn in line.Turns)
            {
                while (receiver.Ended(turn.KnownAt - 1)) heard = Add(line) ?? heard;
                receiver.Take(turn, line);
            }
            while (receiver.Ended(line.Line.At - 1)) heard = Add(line) ?? heard;
            return heard;
        }

        private Heard? Add(FskTurns line)
        {
            if (receiver.RestBefore > LongestRest) _count = 0;
            // A message follows a rest in mark (EN 300 659-1: 180 bits, some send 55). Nothing else is worth reading.
            if (_count == 0 && receiver.MarkBefore < LeastMark) return null;
            if (receiver.Byte(line, _count == 0) is not { } value) return null;
            if (value < 0 || (_count == 0 && !FskMessage.Begins((byte)value)))
            {
                _count = 0;
                return null;
            }
            if (_count == 0) (_began, _fit) = (FskReceiver.CarrierSince(line), 0);
            _fit += receiver.Fit;
            _message[_count++] = (byte)value;
            if (_count < 3 || _count < _message[1] + 3) return null;
            var bytes = _message.AsSpan(0, _count);
            _count = 0;
            var sum = 0;
            foreach (var one in bytes) sum += one;
            if ((sum & 0xFF) != 0) return null;
            var (caller, waiting) = FskMessage.Read(_began, standard, bytes);
            return caller is null && waiting is null ? null : new(caller, waiting, _fit);
        }
    }
}
