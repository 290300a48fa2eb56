using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Calls;

/// <summary>What the log says of a line; never a number, a digit or a sound.</summary>
internal static partial class LineLog
{
    [LoggerMessage(EventId = 5201, Level = LogLevel.Information, Message = "Line {Line}: announcement judged, proven {Proven} (score {Score}, played {Played}, level {Level}, state {State}, talked over {TalkedOver})")]
    public static partial void Judged(this ILogger log, int line, bool proven, double score, bool played, bool level, bool state, bool talkedOver);

    [LoggerMessage(EventId = 5208, Level = LogLevel.Information, Message = "Line {Line} listens: it is ready to record")]
    public static partial void Listens(this ILogger log, int line);

    [LoggerMessage(EventId = 5209, Level = LogLevel.Information, Message = "Line {Line}: somebody signed in or out by telephone; known {Known}")]
    public static partial void SignedIn(this ILogger log, int line, bool known);

    [LoggerMessage(EventId = 5211, Level = LogLevel.Error, Message = "Line {Line}: audio waits for the disk, its oldest sample for {Ms} ms: more than a second would be lost now. Is the storage slow or failing?")]
    public static partial void Slow(this ILogger log, int line, long ms);

    [LoggerMessage(EventId = 5210, Level = LogLevel.Warning, Message = "Line {Line}: what the port taught could not be written")]
    public static partial void NotKept(this ILogger log, Exception why, int line);

    [LoggerMessage(EventId = 5212, Level = LogLevel.Warning, Message = "Line {Line}: the announcement is asked for at {Asked} dBV and reaches {Reached} dBV: its peaks would be over what the line or the device allows")]
    public static partial void TooQuiet(this ILogger log, int line, double asked, double reached);

    [LoggerMessage(EventId = 5202, Level = LogLevel.Error, Message = "Line {Line}: alarm {Code}")]
    public static partial void Alarmed(this ILogger log, int line, EndingCode code);

    [LoggerMessage(EventId = 5205, Level = LogLevel.Warning, Message = "Line {Line}: the port behaves differently: {Difference}")]
    public static partial void Differs(this ILogger log, int line, string difference);

    [LoggerMessage(EventId = 5204, Level = LogLevel.Information, Message = "Line {Line}: a second phone came or went")]
    public static partial void SecondPhone(this ILogger log, int line);

    [LoggerMessage(EventId = 5206, Level = LogLevel.Warning, Message = "Line {Line}: its source lost {Samples} samples; they are a gap")]
    public static partial void SourceLost(this ILogger log, int line, int samples);

    [LoggerMessage(EventId = 5207, Level = LogLevel.Error, Message = "Line {Line}: the sound device's mixer was moved: {Fault}")]
    public static partial void MixerMoved(this ILogger log, int line, string fault);

    [LoggerMessage(EventId = 5203, Level = LogLevel.Error, Message = "Line {Line}: no volts on the pair; calls cannot be seen until it is back")]
    public static partial void LineLost(this ILogger log, int line);
}
