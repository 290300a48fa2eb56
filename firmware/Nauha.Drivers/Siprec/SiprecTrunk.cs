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
    private readonly TrunkCalls _calls;
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
        _calls = new(name, options, _lines, Send, log);
        _running = RunAsync();
    }

    /// <summary>Calls that found no free line, since the start.</summary>
    public long Refused => _calls.Refused;

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
            _calls.EndOn(line);
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
            _calls.Lose();
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
                    _calls.Tick(now);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the connection is over, or the program stops
        }
        return new("The connection to the PBX is closed.");
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
        if (whole.IsRequest) _calls.Answer(whole, _flow!.Local, _registration!.Contact, Now);
        else if (_registration is { } registration && registration.Take(whole, Now) && registration.IsUp) Up();
        _calls.Tidy();
    }

    private void Up()
    {
        if (!_up) Registered(_name);
        (_up, _down) = (true, null);
        foreach (var line in _lines) line.Listen();
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _calls.End("the recorder stops");
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
}
