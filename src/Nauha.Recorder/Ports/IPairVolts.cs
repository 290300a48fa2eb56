namespace Nauha.Recorder.Ports;

/// <summary>One pair's volts beside its sound, 1,000 readings a second. Read by the line's own thread, a block at a time.</summary>
public interface IPairVolts
{
    HookSource HookSource { get; }

    /// <summary>Readings that were asked for before they were there; the one before stands in.</summary>
    long Missing { get; }

    /// <summary>The next readings in order, signed: the sign is the polarity.</summary>
    /// <exception cref="IOException">Nothing is measured any more.</exception>
    void Read(Span<float> volts);
}
