using Nauha.Format;

namespace Nauha.Recorder.Ports;

/// <summary>How the source knows that a handset is up.</summary>
public enum HookSource { Volts, Current, Contact, Voice, Signalling }

/// <summary>How the source tells agent from caller: not at all; by volts and current of the pair; by a handset's own wires for either.</summary>
public enum LineSides { None, Inline, Handset }

/// <summary>
/// One line's ear and mouth. Two kinds of implementation: a device on a real pair, and the simulated exchange.
/// Reading and injecting belong to the line's one owner thread.
/// </summary>
public interface ILineSource : IAsyncDisposable
{
    LineId Line { get; }

    HookSource HookSource { get; }

    /// <summary>How its blocks tell agent from caller.</summary>
    LineSides Sides => LineSides.None;

    /// <summary>Level on the pair of a full-scale sine, in dBV rms: the constant that makes samples volts.</summary>
    double DbvAtFullScale { get; }

    /// <summary>Level on the pair, terminated as in a call, of an injected full-scale sine, in dBV rms.</summary>
    double InjectionDbvAtFullScale { get; }

    /// <summary>Starting values for this kind of port: ata, mobile-gateway, pbx-extension, exchange.</summary>
    string Profile { get; }

    bool Simulated { get; }

    /// <summary>The box can speak on this line. False: it only hears, and <see cref="Inject"/> takes nothing.</summary>
    bool CanInject => true;

    /// <summary>Waits until the next 20 ms are due and fills the block. False: the source has ended.</summary>
    /// <exception cref="IOException">The source is lost; the caller may open another.</exception>
    ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel);

    /// <summary>Queues samples for the pair; says how many were taken (a full queue takes fewer). They sound after the source's own latency.</summary>
    int Inject(ReadOnlySpan<short> samples);

    /// <summary>Forgets what is queued and opens the injection path at once.</summary>
    void StopInjection();

    /// <summary>Samples queued and not yet handed on to the pair, or to the device before it.</summary>
    int InjectionPending { get; }

    /// <summary>Blocks heard and not read yet: above 0 the reader is behind the present, by so much.</summary>
    int BlocksWaiting => 0;

    /// <summary>How the sound device does, renewed about once a second; null where there is none.</summary>
    SoundLook? Sound => null;

    /// <summary>
    /// True: the injection relay stays open whatever is injected, so that what comes back came by another way than the
    /// pair; false: injection closes it again.
    /// </summary>
    /// <returns>False: this source has no relay that could be held, and nothing has changed.</returns>
    bool HoldRelayOpen(bool open) => false;

    /// <summary>
    /// Whoever holds the phone may be about to dial, 112 for one: where a relay takes the phone off while the box speaks, it
    /// stays on. Without effect where there is none.
    /// </summary>
    bool LeavesPhoneOn
    {
        get => true;
        set { }
    }
}
