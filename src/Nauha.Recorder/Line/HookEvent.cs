namespace Nauha.Recorder.Line;

/// <summary>What the pair's volts say.</summary>
public enum HookChange { OffHook, OnHook, RingStarted, RingStopped, Reversal, Cut, Restored }

/// <param name="At">Line time (8 kHz) of the edge itself, not of the decision.</param>
/// <param name="AtStartUp">The first state ever read: the handset was up already.</param>
public readonly record struct HookEvent(HookChange Change, long At, bool AtStartUp = false);
