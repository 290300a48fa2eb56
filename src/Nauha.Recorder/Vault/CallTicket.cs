using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>A call that the journal accounts for.</summary>
public sealed record CallTicket(CallId Call, LineId Line, ulong CallNumber, TimeMark Started, DayKeyEntry Day, bool DayFlagged, string Folder)
{
    /// <summary>
    /// The call's moment is the off-hook edge once there is one. The key stays: where midnight lies between ring and lift
    /// the first ring remains the moment, so that moment, key and folder always name the same day.
    /// </summary>
    public CallTicket StartedAt(TimeMark moment) => Day.FromMs <= moment.UnixMs && moment.UnixMs < Day.UntilMs ? this with { Started = moment } : this;
}

