using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Nauha.Format;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Calls;

/// <summary>
/// One call on its way into the vault. The line hands over what is to be written and never waits; one writer does it in
/// order: number, facts once the announcement is proven, frames, end.
/// </summary>
internal sealed partial class OpenCall
{
    private readonly CallVault _vault;
    private readonly ILogger _log;
    private readonly Channel<Work> _work;
    private readonly Task<CallTicket> _ticket;

    private readonly record struct Work(RecordedFrame? Frame = null, TimeMark? PickedUp = null, RecordFacts? Told = null, StreamInfo? Stream = null, Ending? Ending = null, RecordFacts? Facts = null, IReadOnlyList<SealedEvent>? Events = null);

    public OpenCall(CallVault vault, Task<CallTicket> ticket, int frames, ILogger log)
    {
        _vault = vault;
        _ticket = ticket;
        _log = log;
        // The frames come from a pool of this size, and a call has one start of audio a stretch and one end: it never fills.
        _work = Channel.CreateBounded<Work>(new BoundedChannelOptions(frames + 16) { SingleReader = true, SingleWriter = true });
        Written = Task.Run(WriteAsync);
    }

    /// <summary>Ends when the call is closed in the journal, or could not be.</summary>
    public Task Written { get; }

    /// <summary>Ends when the number was given or refused.</summary>
    public Task Numbered => _ticket;

    /// <summary>The journal holds the number.</summary>
    public bool IsNumbered => _ticket.IsCompletedSuccessfully;

    public bool IsRefused => _ticket.IsFaulted || _ticket.IsCanceled;

    /// <summary>Why nothing more of the call can be written: write-error or no-space; null while all is well.</summary>
    public EndingCode? Failure { get; private set; }

    public ulong? Number => IsNumbered ? _ticket.Result.CallNumber : null;

    public CallId? Id => IsNumbered ? _ticket.Result.Call : null;

    public long Bytes { get; private set; }

    private long _synced;

    /// <summary>Up to this sample, counted from the off-hook edge, the call's audio is on the disk.</summary>
    public long SyncedUntil => Volatile.Read(ref _synced);

    /// <summary>A ringing call is answered: its moment is the off-hook edge from now on.</summary>
    public void PickedUp(TimeMark moment) => Take(new(PickedUp: moment));

    public void Told(StreamInfo stream, RecordFacts facts) => Take(new(Told: facts, Stream: stream));

    public void Keep(RecordedFrame frame) => Take(new(Frame: frame));

    /// <param name="events">What happened after the last frame.</param>
    public void End(Ending ending, RecordFacts facts, params IReadOnlyList<SealedEvent> events)
    {
        Take(new(Ending: ending, Facts: facts, Events: events));
        _work.Writer.Complete();
    }

    private void Take(Work work)
    {
        if (_work.Writer.TryWrite(work)) return;
        work.Frame?.Dispose();
        Failure ??= EndingCode.WriteError;
    }

    private async Task WriteAsync()
    {
        CallTicket ticket;
        try
        {
            ticket = await _ticket.ConfigureAwait(false);
        }
        catch (Exception e)   // whatever it was: the line goes on, and frames find their way back
        {
            NoNumber(e);
            Fail(e);
            await foreach (var work in _work.Reader.ReadAllAsync().ConfigureAwait(false)) work.Frame?.Dispose();
            return;
        }
        SealedCall? recording = null;
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                using var frame = work.Frame;
                if (work.PickedUp is { } moment) ticket = ticket.StartedAt(moment);
                else if (work.Ending is { } ending)
                {
                    Close(ticket, recording, ending, work.Facts!, work.Events!);
                    recording = null;
                }
                else if (Failure is not null)
                {
                    continue;
                }
                else
                {
                    recording = Write(ticket, recording, work);
                }
            }
        }
        catch (Exception e)
        {
            NotClosed(e, ticket.CallNumber, ticket.Line.Number);
            Fail(e);
            await foreach (var work in _work.Reader.ReadAllAsync().ConfigureAwait(false)) work.Frame?.Dispose();
        }
    }

    private void Fail(Exception e) => Failure ??= e is VaultException { IsFull: true } ? EndingCode.NoSpace : EndingCode.WriteError;

    private SealedCall? Write(CallTicket ticket, SealedCall? recording, Work work)
    {
        try
        {
            if (_vault.Room.IsFull)
            {
                NoRoom(ticket.CallNumber, ticket.Line.Number, _vault.Room.FreeBytes);
                Failure = EndingCode.NoSpace;
            }
            else if (work.Told is { } facts)
            {
                _vault.Amend(ticket, facts);
                recording ??= _vault.BeginRecording(ticket, work.Stream!);
            }
            else if (work.Frame is { } frame && recording is not null)
            {
                recording.Append(frame);
                Bytes = recording.Bytes;
                Volatile.Write(ref _synced, frame.FirstSample + frame.Samples);
            }
        }
        catch (VaultException e)
        {
            NotWritten(e, ticket.CallNumber, ticket.Line.Number);
            Fail(e);
        }
        return recording;
    }

    private void Close(CallTicket ticket, SealedCall? recording, Ending ending, RecordFacts facts, IReadOnlyList<SealedEvent> events)
    {
        SealedFileFacts? closed = null;
        if (recording is not null)
        {
            try
            {
                closed = recording.Close(events);
                if (recording.EventsLost > 0) EventsLost(ticket.CallNumber, ticket.Line.Number, recording.EventsLost);
                if (recording.Failure is { } failure)
                {
                    if (Failure is null) NotWritten(failure, ticket.CallNumber, ticket.Line.Number);
                    Fail(failure);
                }
            }
            catch (VaultException e)
            {
                NotWritten(e, ticket.CallNumber, ticket.Line.Number);
                Fail(e);
                _vault.EndLater(ticket, Ending.Failed(Failure!.Value), recording, Bare(facts));
                return;
            }
            recording.Dispose();
        }
        if (Failure is { } code) (ending, facts) = (Ending.Failed(code), Bare(facts));
        _vault.End(ticket, ending, closed, facts);
    }

    // What failed keeps neither number nor agent.
    private static RecordFacts Bare(RecordFacts facts) => facts with { Party = null, Agent = null, AgentKnownBy = null };

    [LoggerMessage(EventId = 5101, Level = LogLevel.Error, Message = "A call could not be numbered; it cannot be recorded")]
    private partial void NoNumber(Exception reason);

    [LoggerMessage(EventId = 5102, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: writing failed, nothing more of it is kept")]
    private partial void NotWritten(Exception reason, ulong number, int line);

    [LoggerMessage(EventId = 5104, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: only {Bytes} bytes are free, nothing more is recorded until there is room")]
    private partial void NoRoom(ulong number, int line, long bytes);

    [LoggerMessage(EventId = 5105, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: {Count} of its last events found no room in the file's last frame")]
    private partial void EventsLost(ulong number, int line, int count);

    [LoggerMessage(EventId = 5103, Level = LogLevel.Error, Message = "Call {Number} of line {Line} could not be closed in the journal yet")]
    private partial void NotClosed(Exception reason, ulong number, int line);
}
