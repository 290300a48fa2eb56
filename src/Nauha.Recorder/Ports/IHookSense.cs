namespace Nauha.Recorder.Ports;

/// <summary>
/// How a line on a real device knows its hook: what it senses is laid beside the samples of the same 20 ms. Volts where the
/// pair is measured; one bit from a contact, or from the sound itself.
/// </summary>
public interface IHookSense
{
    HookSource Source { get; }

    /// <summary>Fills the block's volts (<see cref="HookSource.Volts"/>, <see cref="HookSource.Current"/>), or its <see cref="SampleBlock.HandsetUp"/> and <see cref="SampleBlock.Ringing"/>.</summary>
    /// <param name="block">Its samples, line time and losses are there already.</param>
    /// <exception cref="IOException">The sense is lost: so is the line.</exception>
    void Sense(SampleBlock block);
}

/// <summary>The relay that puts the box's own voice onto the pair: open whenever nothing is to be said.</summary>
public interface IInjectionSwitch
{
    /// <summary>The box speaks from now on.</summary>
    void Close();

    void Open();

    /// <summary>The phone stays on while the box speaks, from the next closing on; always, where nothing takes it off.</summary>
    bool LeavesPhoneOn
    {
        get => true;
        set { }
    }
}
