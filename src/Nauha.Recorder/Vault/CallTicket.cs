using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>A call that the journal accounts for.</summary>
public sealed record CallTicket(CallId Call, LineId Line, ulong CallNumber, TimeMark Started, DayKeyEntry Day, bool DayFlagged, string Folder);
