using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// One PBX: connects out to it, registers, and takes the calls that it has recorded, each on a free line. Nothing listens
/// on this box. A connection that is lost ends the lines' sources, and with them the calls; it is made again by itself.
/// </summary>
internal sealed partial class SiprecTrunk : IAsyncDisposable
{
    private const double PingEvery = 25, PongWithin = 10;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250), First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(30), Steady = TimeSpan.FromMinutes(1);

    private readonly string _name;
    private readonly TrunkOptions _options;
    private readonly string? _password;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly List<SiprecLine> _lines = [];
    private readonly List<RecordingDialog> _dialogs = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;
    private Registration? _registration;
    private SipFlow? _flow;
    private SiprecException? _down;
    private double _pingedAt, _pongedAt;
    private bool _pongs, _up;

    public SiprecTrunk(string name, TrunkOptions options, string? password, TimeProvider time, ILogger log)
    {
        (_name, _options, _password, _time, _log) = (name, options, password, time, log);
        _running = RunAsync();
    }

    /// <summary>Calls that found no free line, since the start.</summary>
    public long Refused { get; private set; }

    private double Now => _time.GetTimestamp() / (double)_time.TimestampFrequency;

    /// <exception cref="SiprecException">The PBX cannot be reached just now.</exception>
    public SiprecLine Open(LineId line, string profile, IReadOnlyList<string> local)
    {
        lock (_lock)
        {
            if (_down is { } why) throw new SiprecException(why.Message, why);
            var source = new SiprecLine(line, profile, _name, local, _time, Closed);
            _lines.Add(source);
            if (_registration is { IsUp: true }) source.Listen();
            return source;
        }
    }

    // Its recorder has left it: nobody hears the call that is on it.
    private void Closed(SiprecLine line)
    {
        lock (_lock)
        {
            _lines.Remove(line);
            foreach (var dialog in _dialogs.Where(dialog => dialog.Line == line)) dialog.End("its line is closed");
            _dialogs.RemoveAll(dialog => dialog.Over is not null);
        }
    }

    private async Task RunAsync()
    {
        var wait = First;
        while (!_ended.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            SiprecException why;
            try
            {
                await using var flow = await SipFlow.ConnectAsync(_options, _time, _ended.Token).ConfigureAwait(false);
                why = await ServeAsync(flow).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                break;
            }
            catch (SiprecException e)
            {
                why = e;
            }
            catch (Exception e)   // whatever a peer has sent: this trunk's alone
            {
                why = new SiprecException($"The trunk {_name} has failed: {e.Message}", e);
            }
            if (Fail(why) && !_ended.IsCancellationRequested) IsLost(_name, why.Message);
            wait = _time.GetElapsedTime(began) > Steady ? First : wait;
            await Task.Delay(wait * (0.75 + (Random.Shared.NextDouble() / 2)), _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 > Longest ? Longest : wait * 2;
        }
    }

    // True: that it is down, or why, is news.
    private bool Fail(SiprecException why)
    {
        lock (_lock)
        {
            var news = _down?.Message != why.Message;
            (_down, _flow, _registration, _up) = (why, null, null, false);
            foreach (var dialog in _dialogs) dialog.End("the connection is lost", say: false);
            _dialogs.Clear();
            foreach (var line in _lines) line.Lose(why);
            return news;
        }
    }

    private async Task<SiprecException> ServeAsync(SipFlow flow)
    {
        lock (_lock)
        {
            (_flow, _pongs, _pingedAt) = (flow, false, Now);
            _registration = new(_options, _password, flow.Local, Send);
            _registration.Start(Now);
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        var chores = ChoresAsync(over.Token);
        var reading = ReadAsync(flow);
        var first = await Task.WhenAny(chores, reading).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await flow.DisposeAsync().ConfigureAwait(false);
        var (one, two) = (await chores.ConfigureAwait(false), await reading.ConfigureAwait(false));
        return first == chores ? one : two;
    }

    private async Task<SiprecException> ReadAsync(SipFlow flow)
    {
        try
        {
            for (; ; )
            {
                var (what, message) = await flow.ReadAsync().ConfigureAwait(false);
                if (what == SipRead.Broken) return new($"What the PBX {_options.Server} has sent is no SIP.");
                if (what == SipRead.Closed) return new($"The PBX {_options.Server} has closed the connection.");
                lock (_lock) Take(what, message);
            }
        }
        catch (SiprecException e)
        {
            return e;
        }
    }

    private async Task<SiprecException> ChoresAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    var now = Now;
                    if (_registration is not { } registration) break;
                    registration.Tick(now);
                    if (registration.Refused is { } why) return new(why);
                    // A peer that has answered once must go on answering (RFC 5626 §4.4.1); others are known alive by the registration.
                    if (_pongs && _pingedAt > _pongedAt && now - _pingedAt > PongWithin) return new($"The PBX {_options.Server} does not answer any more.");
                    if (now - _pingedAt >= PingEvery)
                    {
                        _pingedAt = now;
                        _flow?.Send([.. "\r\n\r\n"u8]);
                    }
                    foreach (var dialog in _dialogs) dialog.Tick(now);
                    Tidy();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the connection is over, or the program stops
        }
        return new("The connection to the PBX is closed.");
    }

    private void Tidy()
    {
        for (var i = _dialogs.Count - 1; i >= 0; i--)
        {
            if (_dialogs[i].Over is not { } why) continue;
            CallOver(_name, _dialogs[i].Line.Line.Number, why);
            _dialogs.RemoveAt(i);
        }
    }

    private void Send(SipMessage message) => _flow?.Send(message.ToBytes());

    private void Take(SipRead what, SipMessage? message)
    {
        if (what == SipRead.Ping) _flow?.Send([.. "\r\n"u8]);
        if (what == SipRead.Pong) (_pongs, _pongedAt) = (true, Now);
        if (message is not { IsWhole: true } whole)
        {
            if (message is { IsRequest: true, Method: not "ACK" } && message["Via"] is not null && message["From"] is not null) Send(message.Answer(400, "Bad Request"));
            return;
        }
        if (whole.IsRequest) Answer(whole);
        else if (_registration is { } registration && registration.Take(whole, Now) && registration.IsUp) Up();
        Tidy();
    }

    private void Up()
    {
        if (!_up) Registered(_name);
        (_up, _down) = (true, null);
        foreach (var line in _lines) line.Listen();
    }

    private void Answer(SipMessage request)
    {
        var dialog = _dialogs.Find(one => one.IsOf(request));
        switch (request.Method)
        {
            case "ACK":
                dialog?.Acknowledged(request);
                break;
            case "INVITE" when request.ToTag.Length == 0:
                Invited(request);
                break;
            case "CANCEL":
                // Every INVITE is answered at once: there is nothing left to take back (RFC 3261 §9.2).
                var known = _dialogs.Exists(one => one.CallId == request.CallId && one.Invite == (request.CSeq.Number, SipText.Param(request["Via"], "branch") ?? ""));
                Send(request.Answer(known ? 200 : 481, known ? "OK" : "Call Does Not Exist", SipNames.Next()));
                break;
            case "OPTIONS":
                Send(request.Answer(200, "OK", SipNames.Next()).Add("Allow", SipNames.Allow).Add("Accept", SipNames.Accept).Add("Supported", "siprec"));
                break;
            case "INVITE" or "UPDATE" or "BYE" when dialog is null:
                Send(request.Answer(481, "Call Does Not Exist", SipNames.Next()));
                break;
            case "INVITE" or "UPDATE":
                if (!Requires(request)) dialog!.Again(request, Now);
                break;
            case "BYE":
                dialog!.Bye(request);
                break;
            case "INFO" or "MESSAGE" or "NOTIFY" or "PRACK" or "PUBLISH" or "REFER" or "REGISTER" or "SUBSCRIBE":
                Send(request.Answer(405, "Method Not Allowed", SipNames.Next()).Add("Allow", SipNames.Allow));
                break;
            default:
                Send(request.Answer(501, "Not Implemented", SipNames.Next()));
                break;
        }
    }

    // What the other side insists on and this one does not know is named (RFC 3261 §8.2.2.3).
    private bool Requires(SipMessage request)
    {
        var unknown = request.Tokens("Require").Where(tag => !tag.Equals("siprec", StringComparison.OrdinalIgnoreCase)).ToList();
        if (unknown.Count == 0) return false;
        Send(request.Answer(420, "Bad Extension", SipNames.Next()).Add("Unsupported", string.Join(", ", unknown)));
        return true;
    }

    private void Invited(SipMessage invite)
    {
        if (Requires(invite)) return;
        if (_dialogs.Exists(one => one.CallId == invite.CallId))
        {
            Send(invite.Answer(482, "Loop Detected", SipNames.Next()));
            return;
        }
        // Whoever only rings this address is no recording client (RFC 7866 §6.1.1): nobody answers calls here.
        if (!invite.Tokens("Require").Concat(invite.Tokens("Supported")).Contains("siprec", StringComparer.OrdinalIgnoreCase) && invite["Contact"]?.Contains("+sip.src", StringComparison.OrdinalIgnoreCase) != true)
        {
            Send(invite.Answer(421, "Extension Required", SipNames.Next()).Add("Require", "siprec"));
            return;
        }
        if (Free(invite) is not { } line)
        {
            Refused++;
            NoLine(_name, Refused);
            Send(invite.Answer(486, "Busy Here", SipNames.Next()));
            return;
        }
        var dialog = new RecordingDialog(_options, line, _flow!.Local, _registration!.Contact, Send);
        dialog.Begin(invite, Now);
        if (dialog.Over is null) _dialogs.Add(dialog);
        else CallOver(_name, line.Line.Number, dialog.Over);
    }

    // The line whose people they are, else any that names nobody, else any.
    private SiprecLine? Free(SipMessage invite)
    {
        var free = _lines.Where(line => line.IsFree).ToList();
        if (free.Count == 0) return null;
        RecordingMetadata metadata = new([]);
        if (Multipart.TryRead(invite["Content-Type"], invite.Body, out var parts) && parts.Find(part => part.Type is "application/rs-metadata+xml" or "application/rs-metadata") is { Type: not null } part) RecordingMetadata.TryRead(part.Content, null, out metadata);
        return free.Find(line => metadata.Participants.Any(one => one.IsOneOf(line.Local))) ?? free.Find(line => line.Local.Count == 0) ?? free[0];
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            foreach (var dialog in _dialogs) dialog.End("the recorder stops");
            _registration?.Leave(Now);
        }
        await _ended.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _ended.Dispose();
    }

    [LoggerMessage(EventId = 8201, Level = LogLevel.Information, Message = "Trunk {Trunk}: registered at its PBX")]
    private partial void Registered(string trunk);

    [LoggerMessage(EventId = 8202, Level = LogLevel.Error, Message = "Trunk {Trunk} is down and is tried again: {Why}")]
    private partial void IsLost(string trunk, string why);

    [LoggerMessage(EventId = 8203, Level = LogLevel.Error, Message = "Trunk {Trunk}: a recorded call found no free line and was refused; {Count} since the start")]
    private partial void NoLine(string trunk, long count);

    [LoggerMessage(EventId = 8204, Level = LogLevel.Information, Message = "Trunk {Trunk}, line {Line}: the recording session is over: {Why}")]
    private partial void CallOver(string trunk, int line, string why);
}
