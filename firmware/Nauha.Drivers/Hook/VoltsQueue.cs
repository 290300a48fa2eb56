using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>
/// Readings of one pair on their way from the sampler's thread to the line's. Neither waits: what is not there yet is the
/// reading before, what has piled up is skipped, and both are counted. The two clocks, converter and sound, drift apart.
/// </summary>
internal sealed class VoltsQueue(HookSource source) : IPairVolts
{
    private const int Size = 256, Most = 60, Left = 20;
    private readonly float[] _ring = new float[Size];
    private long _written, _read;
    private float _last;
    private Exception? _failure;

    public HookSource HookSource => source;

    public long Missing { get; private set; }

    /// <summary>Readings that nobody took in time.</summary>
    public long Skipped { get; private set; }

    public void Write(float volts)
    {
        var at = _written;
        _ring[at % Size] = volts;
        Volatile.Write(ref _written, at + 1);
    }

    /// <summary>Nothing more comes until <see cref="Write"/> is called again.</summary>
    public void Fail(Exception? why) => Volatile.Write(ref _failure, why);

    public void Read(Span<float> volts)
    {
        if (Volatile.Read(ref _failure) is { } why) throw new IOException("The pair's volts are not measured any more: " + why.Message, why);
        var there = Volatile.Read(ref _written) - _read;
        if (there > Most + volts.Length)
        {
            var skip = there - volts.Length - Left;
            (_read, Skipped) = (_read + skip, Skipped + skip);
            there -= skip;
        }
        for (var i = 0; i < volts.Length; i++)
        {
            if (there > 0)
            {
                _last = _ring[_read++ % Size];
                there--;
            }
            else
            {
                Missing++;
            }
            volts[i] = _last;
        }
    }
}
