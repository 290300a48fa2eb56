namespace Nauha.Drivers.Mixer;

/// <summary>One control as a mixer has it; null where it has no such part. The level is 0 to 1 of its range, in whole steps.</summary>
internal readonly record struct ControlState(bool? On, int? Step, int Steps);

/// <summary>A card's mixer. The twin is in the tests.</summary>
internal interface IMixer : IDisposable
{
    string Card { get; }

    /// <summary>Names in the card's order; an element with both sides has two, "Mic Playback" and "Mic Capture".</summary>
    IReadOnlyList<string> Names();

    /// <summary>As the card has it now; null: it has no such control. "Mic Playback" is the playback side of the element "Mic".</summary>
    ControlState? Read(string control);

    /// <summary>Sets what is not null. What the card made of it is to be read back.</summary>
    void Write(string control, bool? on, int? step);
}
