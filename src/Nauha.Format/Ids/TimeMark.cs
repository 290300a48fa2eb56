namespace Nauha.Format;

/// <summary>Where a time comes from. In order of trust.</summary>
public enum ClockSource : byte { None = 0, Rtc = 1, Ntp = 2, Central = 3 }

/// <summary>A moment with its source and uncertainty: wall-clock time is written once per recording, never measured with.</summary>
/// <param name="UnixMs">Milliseconds since 1970, UTC.</param>
public readonly record struct TimeMark(long UnixMs, ClockSource Source, uint UncertaintyMs);

/// <summary>Who called whom, seen from the branch.</summary>
public enum Direction { Incoming, Outgoing }
