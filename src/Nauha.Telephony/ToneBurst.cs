namespace Nauha.Telephony;

/// <summary>When one sound is on: bursts and the rests between them, in steps of 10 ms; a single odd step is no turn.</summary>
internal sealed class ToneBurst
{
    private const int Settled = 2;
    private long _turnedAt;
    private int _pending;

    public bool IsOn { get; private set; }

    /// <summary>The sound began or ceased in this step.</summary>
    public bool Turned { get; private set; }

    /// <summary>Sample of the last turn.</summary>
    public long TurnedAt => _turnedAt;

    /// <summary>Sample at which the present burst, or the last, began.</summary>
    public long Began { get; private set; }

    /// <summary>Seconds of the last whole burst.</summary>
    public double Burst { get; private set; }

    /// <summary>Seconds of rest before the present burst, or the last.</summary>
    public double Rest { get; private set; }

    /// <summary>Seconds since the last turn.</summary>
    public double Since(long now) => (now - _turnedAt) / 8_000.0;

    /// <param name="now">Samples taken so far.</param>
    /// <param name="lateOn">Samples after its beginning at which a sound is known, and two steps more.</param>
    /// <param name="lateOff">Samples after its end.</param>
    public void Take(bool there, long now, int lateOn = 2 * ToneSpectrum.Block, int lateOff = 2 * ToneSpectrum.Block)
    {
        Turned = false;
        if (there == IsOn)
        {
            _pending = 0;
            return;
        }
        if (++_pending < Settled) return;
        _pending = 0;
        var at = Math.Max(_turnedAt, now - (there ? lateOn : lateOff));
        var seconds = (at - _turnedAt) / 8_000.0;
        (IsOn, Turned, _turnedAt) = (there, true, at);
        if (there) (Rest, Began) = (seconds, at);
        else Burst = seconds;
    }
}
