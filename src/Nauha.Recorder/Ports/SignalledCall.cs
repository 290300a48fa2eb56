using Nauha.Format;

namespace Nauha.Recorder.Ports;

/// <summary>
/// What a protocol says of a call, where the pair of a telephone would have to be listened to. One object stays the same
/// for as long as nothing of it changes.
/// </summary>
/// <param name="Party">The other party's number; null: withheld, or not said.</param>
/// <param name="Direction">Null: the protocol does not say who called whom.</param>
/// <param name="Held">The caller waits: nothing that sounds now is talk.</param>
/// <param name="Joins">Grows whenever somebody has joined who was not there before.</param>
public sealed record SignalledCall(PhoneNumber? Party, Direction? Direction, bool Held = false, int Joins = 0)
{
    /// <summary>The number's digits, without a plus, as lists of numbers are asked; null: no number.</summary>
    public string? Digits { get; } = Party is { } party ? party.Text.TrimStart('+') : null;
}
