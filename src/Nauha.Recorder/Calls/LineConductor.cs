using Microsoft.Extensions.Logging;
using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Vault;
using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// One loop a line: hears a block, lets the detectors say what it means, steps the call machine, does what it asks for.
/// It never waits for disk, network or people; what is to be written goes to the call's own writer.
/// </summary>
public sealed partial class LineConductor : IDisposable
{
    private const int ShownEvery = 25;      // blocks
    private const int Frames = 32;
    private const int HeldFrames = 44;       // 20 s and what belongs to them, while it is not certain that the far end has answered
    private const int CallsToLearn = 3;
    private const int Flickers = 80_000;     // 10 s
    private const int DeafSamples = 480;     // 60 ms: an edge of the hook rings in the receive path

    private readonly ILineSource _source;
    private readonly LineSettings _settings;
    private readonly CallVault _vault;
    private readonly ILogger _log;
    private readonly HookSensor _hook;
    private readonly ContactHook? _contact;
    private readonly LineEars _ears;
    private readonly LineMemory _memory = new();
    private readonly NumberCheck _check;
    private readonly SpeechMask _mask;
    private readonly MaskCode? _maskCode;
    private readonly HoldKey _hold = new();
    private readonly SignInCodes? _codes;
    private readonly RestingLevel _rest;
    private readonly PortLessons _lessons = new();
    private readonly ITelling _telling;
    private readonly FramePool _pool = new(Frames + HeldFrames);
    private readonly OpusEncoder _encoder = new();
    private readonly List<HookEvent> _hookEvents = [];
    private readonly List<CallEffect> _effects = [];
    private readonly List<Task> _closing = [];
    private readonly Action<RecordedFrame> _keep;
    private readonly short[] _clean = GC.AllocateArray<short>(SampleBlock.Length, pinned: true);
    private readonly List<RecordedFrame> _held = [];

    private LearnedLine _known;
    private CallMachine _machine;
    private TimeSpan _opens;
    private CallState _state;
    private OpenCall? _call;
    private FrameMaker? _maker;
    private const long MostUnsynced = 8_000;   // law 4: a second
    private long _unsynced, _unsyncedMost;
    private bool _isSlow;
    private Proof _proof;
    private PhoneNumber? _party;
    private Direction? _direction;
    private long? _blindFromMs;
    private (AgentId Agent, string KnownBy)? _agent;
    private long _keptFrom, _maskNoted;
    private long? _heldSince;               // on hold, and whoever speaks next is told first
    private bool _talks;
    private bool _holding, _reversed, _reversalKnown, _lastUnproven, _writeFailed, _numberReported;
    private long _deafUntil, _lost, _clipped;
    private (long From, long Until)? _brown;    // not said yet: one that flickers is one interval
    private int _declined;
    private string? _mixerFault;
    private (CallPhase, ulong?, long, bool, bool, bool) _shown;
    private int _unshown;

    public LineConductor(ILineSource source, LineSettings settings, CallVault vault, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(settings);
        (_source, _settings, _vault, _log) = (source, settings, vault, log);
        _known = settings.Known ?? new() { Line = source.Line.Number, Profile = settings.Profile.Name };
        if (!settings.Listens && !source.CanInject) throw new ArgumentException($"line {source.Line.Number} cannot be spoken on, and nobody else's announcement is known there", nameof(settings));
        _machine = new(settings.Profile, _opens = Opens(), settings.Listens);
        _reversalKnown = _known.ReversalOnAnswer;
        _hook = new(settings.Profile, _known is { Calls: > 0, OnHookVolts: > 0 } ? _known.OnHookVolts : null);
        _contact = source.HookSource is HookSource.Contact or HookSource.Voice or HookSource.Signalling ? new(source.HookSource == HookSource.Voice ? ContactHook.LateByVoice : 0) : null;
        var tones = settings.KnownTones;
        _codes = settings is { Desk: not null, SignIn: { } codes } ? new(codes) : null;
        _ears = new(settings.Emergency, tones, _codes);
        _rest = new(source.DbvAtFullScale);
        _check = new(settings.Excluded, settings.Outside);
        _mask = new(settings.LongestMask);
        _maskCode = settings.MaskCode is { } code ? new(code) : null;
        _telling = settings.Listens
            ? new AnnouncementListener(settings.Announcement, source.DbvAtFullScale, settings.KnownDbv) { Tones = tones }
            : new AnnouncementPlayer(source, settings.Announcement, settings.AnnouncementDbv, _known.InjectionDbv) { Tones = tones };
        if (_telling is AnnouncementPlayer { MissingDb: >= AnnouncementPlayer.TooFew } player) TooQuiet(source.Line.Number, settings.AnnouncementDbv, player.LevelDbv);
        _keep = Hand;
        Snapshot = Look();
    }

    /// <summary>So few calls were heard that the technician is asked for more.</summary>
    internal static bool Learns(LearnedLine? known) => known is null || known.Calls < CallsToLearn;

    /// <summary>What the line shows; replaced as a whole.</summary>
    public LineSnapshot Snapshot { get; private set; }

    /// <summary>Masks what is said from now on, or no more where it is masked. From any thread; nothing where nobody is on the line.</summary>
    public void ToggleMask() => _mask.Toggle();

    /// <summary>Masks for so many seconds; 0: no more.</summary>
    public void Mask(int seconds) => _mask.For(seconds);

    /// <summary>The caller is put on hold by the agent's key, or taken back. From any thread; nothing where nothing is kept.</summary>
    public void Hold() => _hold.Press();

    /// <summary>The agent does not want the call recorded that is on the line now. From any thread.</summary>
    public void Decline() => Interlocked.Exchange(ref _declined, 1);

    /// <summary>Runs until the source ends or is stopped; then the call in progress is closed as it stands.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var block = new SampleBlock();
        try
        {
            var listens = false;
            while (await _source.ReadAsync(block, stop).ConfigureAwait(false))
            {
                Hear(block);
                if (!listens) Listens(_source.Line.Number);
                listens = true;
                while (_settings.WaitsForRoom && _pool.InUse - _held.Count > Frames - 4) await Task.Yield();
                if (_settings.WaitsForRoom && _call is { IsNumbered: false, IsRefused: false }) await _call.Numbered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_settings.WaitsForRoom && _check.IsPending) await _check.Answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // an orderly stop: the call in progress is closed below
        }
        finally
        {
            try
            {
                Happen(Happening.Stopping, _memory.End);
            }
            finally
            {
                if (_call is not null) Close(Ending.Failed(EndingCode.WriteError), _memory.End);
                SayBrownOut();
                Snapshot = Look();
            }
        }
        await Closed.ConfigureAwait(false);
    }

    /// <summary>Ends when the calls so far are closed in the journal.</summary>
    public Task Closed => Task.WhenAll(_closing);

    private void Hear(SampleBlock block)
    {
        if (block.LostBefore > 0)
        {
            _lost += block.LostBefore;
            SourceLost(_source.Line.Number, block.LostBefore);
            _maker?.Note(block.FirstSample - block.LostBefore, "gap", block.LostBefore);
        }
        _memory.Write(block.FirstSample, block.Samples);
        if (block.Clipped && IsUp(_state.Phase) && _memory.End > _deafUntil) _clipped++;
        _talks = false;
        _hookEvents.Clear();
        _signalled = block.Signalled;
        if (_contact is { } contact) contact.Process(block.HandsetUp, block.Ringing, block.FirstSample, _hookEvents);
        else _hook.Process(block.Volts, block.FirstSample, _hookEvents);
        foreach (var hook in _hookEvents) Sense(hook);
        if (block.HasSides && IsUp(_state.Phase)) _maskCode?.Hear(block.FirstSample, block.Near, block.Far);
        // What is kept is screened without a hole, edge of the hook or not.
        if (_memory.End > _deafUntil || _state.Phase == CallPhase.Recording) Listen(block);
        LookUp();
        Follow(block.FirstSample);
        Obey(block);
        _rest.Take(block.Samples, _state.Phase == CallPhase.Idle && _memory.End > _deafUntil);
        if (MayBeTold && _telling.Feed(_memory, IsFed) is { } proof) Judge(proof);
        if (_call is { } call)
        {
            if (call.IsNumbered && !_state.Numbered) Happen(Happening.NumberGiven, _memory.End);
            else if (call.IsRefused && !_numberReported)
            {
                _numberReported = true;
                Happen(Happening.NumberRefused, _memory.End);
            }
            else if (call.Failure is { } why && _state.Phase == CallPhase.Recording) Happen(why == EndingCode.NoSpace ? Happening.NoRoom : Happening.WritingFailed, _memory.End);
        }
        if (_brown is { } brown && _memory.End - brown.Until > Flickers) SayBrownOut();
        Happen(Happening.Tick, _memory.End);
        Keep();
        MeasureUnsynced();
        if (_source.Sound?.MixerFault is var fault && fault != _mixerFault)
        {
            _mixerFault = fault;
            if (fault is not null) MixerMoved(_source.Line.Number, fault);
        }
        Show();
    }

    // The caller's number while it rings, then what is dialled, digit by digit: decided before anybody is told anything.
    private void LookUp()
    {
        var signalled = _signalled is not null;
        var dialled = signalled ? _signalled!.Direction == Direction.Outgoing : IsUp(_state.Phase);
        var number = signalled ? _signalled!.Digits : dialled ? (_state.Direction == Direction.Incoming && !_state.Joining ? null : _ears.Dialled) : _ears.CallerDigits(_memory.End);
        if ((number is not null || !dialled) && _check.Ask(number, dialled)) Happen(Happening.ListAsked, _memory.End);
        if (_check.Take() is not { } listed) return;
        Happen(listed ? Happening.Listed : Happening.NotListed, _memory.End);
        // Said by a protocol when the call was on its way already: from here on.
        if (listed && signalled && _state.Phase == CallPhase.Recording) Happen(Happening.Declined, _memory.End);
    }

    // What people ask of the call: not to record it, or not what is said now, or not while the caller waits.
    private void Obey(SampleBlock block)
    {
        if (Interlocked.Exchange(ref _declined, 0) == 1) Happen(Happening.Declined, _memory.End);
        var ended = _mask.Step(block.FirstSample, _memory.End, IsUp(_state.Phase) || _state.Phase == CallPhase.Flash);
        if (_state.Phase == CallPhase.Recording && _mask.From is { } from) _memory.Silence(Math.Max(from, block.FirstSample), _memory.End);
        if (ended is { } masked) NoteMask(masked.From, masked.Until);
        var hold = _hold.Take(block.FirstSample, block.Samples.Length, _talks, _state.Phase == CallPhase.Recording);
        if (_hold.From is not { } held || _state.Phase != CallPhase.Recording) return;
        if (hold == HoldKey.Step.Resumed)
        {
            EndHold(block.FirstSample);
            return;
        }
        _memory.Silence(Math.Max(held, block.FirstSample), _memory.End);
        if (hold != HoldKey.Step.Lasts) return;
        _heldSince = held;
        _hold.End();
        Happen(Happening.HoldHeard, _memory.End);
    }

    private void EndHold(long until)
    {
        if (_hold.From is { } from && _maker is { IsKeeping: true } && until > from) _maker.Note(from, "hold", until - from);
        _hold.End();
    }

    private void NoteMask(long from, long until)
    {
        from = Math.Max(from, Math.Max(_keptFrom, _maskNoted));   // a stretch that ended in between has said its part
        if (_maker is not { IsKeeping: true } || until <= from) return;
        _maker.Note(from, "mask", until - from);
        _maskNoted = until;
    }

    private void Sense(HookEvent hook)
    {
        _lessons.Hook(hook);
        if (hook.Change == HookChange.OffHook && _state.Phase is CallPhase.Idle or CallPhase.Ringing) _lessons.Lifted();
        _deafUntil = hook.At + DeafSamples;
        if (hook.Change is HookChange.OnHook or HookChange.Reversal or HookChange.FeedLost or HookChange.Cut) _telling.Disturbed(hook.At);
        _reversed |= hook.Change == HookChange.Reversal;
        if (hook.Change == HookChange.SecondPhone) SecondPhone(_source.Line.Number);
        if (hook.Change == HookChange.Pulse && _ears.Pulse(hook.At) is { } dialled) Happen(dialled, hook.At);
        if (hook.Change == HookChange.BrownOut) _brown = (_brown?.From ?? hook.At, hook.Until);
        if (hook.Change is HookChange.SecondPhone or HookChange.FeedLost or HookChange.BrownOut) return;
        Happen(hook.Change switch
        {
            HookChange.OffHook when _source.HookSource == HookSource.Voice && _state.Phase == CallPhase.Idle => Happening.VoiceBegan,
            HookChange.OffHook when _source.HookSource == HookSource.Signalling => Happening.Connected,
            HookChange.OffHook => hook.AtStartUp ? Happening.FoundLifted : Happening.Lifted,
            HookChange.OnHook => Happening.Lowered,
            HookChange.RingStarted => Happening.RingStarted,
            HookChange.RingStopped => Happening.RingStopped,
            HookChange.Reversal => _reversalKnown ? Happening.ReversedAsBefore : Happening.Reversed,
            HookChange.Pulse => Happening.Pulsed,
            HookChange.OpenLoop => Happening.FarEnded,
            HookChange.Cut => Happening.PairCut,
            _ => Happening.PairRestored,
        }, hook.At);
    }

    private void Listen(SampleBlock block)
    {
        switch (_state.Phase)
        {
            case CallPhase.Idle or CallPhase.Ringing:
                _ears.HearOnHook(block.Samples, block.FirstSample, _state.Phase == CallPhase.Ringing);
                break;
            case CallPhase.OffHook or CallPhase.Announcing:
                _telling.Clean(_memory, block.Samples, block.FirstSample, _clean);
                if (_state.Phase == CallPhase.OffHook) Learn(block);
                // While the box speaks the sides hold its own voice.
                var (near, far) = block.HasSides && _state.Phase == CallPhase.OffHook ? (block.Near, block.Far) : ([], []);
                Hear(_clean, block.FirstSample, dialling: true, waiting: _state.Phase == CallPhase.OffHook, near, far);
                _ears.HearWaiting(_clean, block.FirstSample);
                break;
            case CallPhase.Recording:
                SilenceKeys(block.Samples, block.FirstSample);
                Hear(block.Samples, block.FirstSample, dialling: false, waiting: false);
                SilenceWaiting(block);
                break;
            case CallPhase.Silent:
                Hear(block.Samples, block.FirstSample, dialling: false, waiting: false);
                break;
            default:
                break;
        }
    }

    private void Hear(ReadOnlySpan<short> samples, long at, bool dialling, bool waiting, ReadOnlySpan<short> near = default, ReadOnlySpan<short> far = default)
    {
        foreach (var happening in _ears.Hear(samples, at, dialling, waiting, near, far))
        {
            _talks |= happening == Happening.SpeechHeard;
            if (happening == Happening.SignedIn) SignIn();
            Happen(happening, _memory.End);
        }
    }

    // Only on a call that goes out, and off this thread: whose badge it is takes a while to find.
    private void SignIn()
    {
        if (_codes?.TakeBadge() is not { } badge || _settings.Desk is not { } desk || _state.Direction != Direction.Outgoing) return;
        var line = _source.Line;
        _closing.Add(Task.Run(() =>
        {
            var known = badge.Length == 0 || desk.Show(badge, [line], "telephone", leavesAgain: false);
            if (badge.Length == 0) desk.Leave([line]);
            SignedIn(line.Number, known);
        }));
    }

    // Card numbers: whatever may be a keyed digit is silence before its frame exists.
    private void SilenceKeys(ReadOnlySpan<short> samples, long at)
    {
        var heard = _ears.HearKeys(samples, at);
        if (_ears.Keyed is { } key && _maskCode?.Take(key) == true) _mask.Toggle();
        if (heard is not { } stretch) return;
        _memory.Silence(stretch.From, stretch.Until);
        if (stretch.Ended) _maker?.Note(stretch.From, "key", stretch.Until - stretch.From);
    }

    // Another caller's number, told to the telephone's display: he is no party to this call.
    private void SilenceWaiting(SampleBlock block)
    {
        var over = _ears.HearWaiting(block.Samples, block.FirstSample);
        if (over is null && _ears.WaitingFrom is null) return;
        _memory.Silence(Math.Max(over?.From ?? _ears.WaitingFrom!.Value, _keptFrom), _memory.End);
        if (over is var (from, until)) _maker?.Note(Math.Max(from, _keptFrom), "tone", until - Math.Max(from, _keptFrom));
    }

    // The proof comes some 400 ms after the announcement's end, and what was keyed meanwhile would be kept: it is screened
    // from a little before that end, where a tone may have begun under the announcement.
    private void SilenceKeysSince(long from)
    {
        Span<short> samples = stackalloc short[SampleBlock.Length];
        for (var at = Math.Max(from - DeafSamples, _memory.Start); at < _memory.End; at += SampleBlock.Length)
        {
            var some = samples[..(int)Math.Min(SampleBlock.Length, _memory.End - at)];
            _memory.CopyTo(at, some);
            SilenceKeys(some, at);
        }
    }

    private void Judge(Proof proof)
    {
        // Others may begin to announce again and break off: what was proven stays what is said of the call.
        if (proof.Holds || !_settings.Listens || !_proof.Holds) _proof = proof;
        Judged(_source.Line.Number, proof.Holds, proof.Score, proof.Played, proof.Level, proof.State, proof.TalkedOver);
        Happen(proof switch { { Holds: true } => Happening.Proven, { ToneUnder: true } => Happening.ToneUnder, { TalkedOver: true } => Happening.TalkedOver, _ => Happening.NotProven }, _memory.End);
        if (_state.Phase != CallPhase.Recording) return;
        SilenceKeysSince(proof.EndsAt);
        _memory.Silence(Math.Max(_ears.Waited.From, proof.EndsAt), _ears.Waited.Until);
        if (_mask.From is { } from) _memory.Silence(Math.Max(from, proof.EndsAt), _memory.End);
    }

    private void Happen(Happening what, long at)
    {
        var before = _state.Phase;
        _effects.Clear();
        _state = _machine.Next(_state, new(what, at, _signalled?.Direction), _effects);
        // Effects can only ask for things: none of them steps the machine again.
        for (var i = 0; i < _effects.Count; i++) Do(_effects[i]);
        if (before == CallPhase.Recording && what == Happening.HoldHeard && _state.Phase != before) _heldSince ??= at;
        if (before != _state.Phase && _state.Phase == CallPhase.OffHook) _telling.Anew(at);
        if (before == CallPhase.Flash && what == Happening.Lifted) _ears.DialAgain();
        // The ears begin anew with the handset's moves; tones and talk go on through what the box does meanwhile.
        if (before != _state.Phase && what is not Happening.Pulsed && !(IsUp(before) && IsUp(_state.Phase))) _ears.Reset(keepCaller: _state.Phase is CallPhase.Ringing or CallPhase.Idle && before is CallPhase.Idle or CallPhase.Ringing);
    }

    // What a power cut would cost just now. Where line time is scaled, the line waits for room, and its samples' age means nothing.
    private void MeasureUnsynced()
    {
        var keeps = _call is { Failure: null } && !_holding && _maker is { IsKeeping: true };
        _unsynced = keeps ? Math.Max(0, _memory.End - Math.Max(_state.LiftedAt + _call!.SyncedUntil, _maker!.StretchFrom)) : 0;
        _unsyncedMost = Math.Max(_unsyncedMost, _unsynced);
        if (_unsynced <= MostUnsynced) _isSlow = false;
        else if (!_isSlow && !_settings.WaitsForRoom)
        {
            _isSlow = true;
            Slow(_source.Line.Number, _unsynced / 8);
        }
    }

    // Without volts nobody knows whether the pair is fed: the record names the hook's source, and that is all there is.
    private bool IsFed => _contact is not null || _hook.IsFed;

    // A box that listens waits for number and list with the proof: it could not be had a second time.
    private bool MayBeTold => !_settings.Listens || _state is { Phase: CallPhase.OffHook, Numbered: true, Asking: false };

    private static bool IsUp(CallPhase phase) => phase is CallPhase.OffHook or CallPhase.Announcing or CallPhase.Recording or CallPhase.Silent;

    private bool IsMasked => _state.Phase == CallPhase.Recording && (_mask.From is not null || _hold.From is not null);

    // For those who look now and then: made anew when something happened, else every half second, not each block.
    private void Show()
    {
        var look = (_state.Phase, _call?.Number, _lost, _lastUnproven, _writeFailed, IsMasked);
        if (look == _shown && ++_unshown < ShownEvery) return;
        (_shown, _unshown) = (look, 0);
        Snapshot = Look();
    }

    private LineSnapshot Look() => new(_source.Line, _state.Phase, _call?.Number, TimeSpan.FromSeconds((_maker?.Samples ?? 0) / 8_000.0), _call?.Bytes ?? 0, _pool.InUse - _held.Count, _lost + (_maker?.Lost ?? 0), _lastUnproven, _writeFailed, false)
    {
        Sound = _source.Sound,
        Sides = _source.Sides,
        Heard = _memory.End,
        OldestUnsynced = TimeSpan.FromSeconds(_unsynced / 8_000.0),
        OldestUnsyncedMost = TimeSpan.FromSeconds(_unsyncedMost / 8_000.0),
        ClippedBlocks = _clipped,
        Masked = IsMasked,
        Learning = Learns(_known),
        HumOrLevel = _rest.IsBad,
        Proven = _known.Proven,
        NotHeard = _known.NotHeard,
    };

    public void Dispose() => _encoder.Dispose();

    [LoggerMessage(EventId = 5201, Level = LogLevel.Information, Message = "Line {Line}: announcement judged, proven {Proven} (score {Score}, played {Played}, level {Level}, state {State}, talked over {TalkedOver})")]
    private partial void Judged(int line, bool proven, double score, bool played, bool level, bool state, bool talkedOver);

    [LoggerMessage(EventId = 5208, Level = LogLevel.Information, Message = "Line {Line} listens: it is ready to record")]
    private partial void Listens(int line);

    [LoggerMessage(EventId = 5209, Level = LogLevel.Information, Message = "Line {Line}: somebody signed in or out by telephone; known {Known}")]
    private partial void SignedIn(int line, bool known);

    [LoggerMessage(EventId = 5211, Level = LogLevel.Error, Message = "Line {Line}: audio waits for the disk, its oldest sample for {Ms} ms: more than a second would be lost now. Is the storage slow or failing?")]
    private partial void Slow(int line, long ms);

    [LoggerMessage(EventId = 5210, Level = LogLevel.Warning, Message = "Line {Line}: what the port taught could not be written")]
    private partial void NotKept(Exception why, int line);

    [LoggerMessage(EventId = 5211, Level = LogLevel.Warning, Message = "Line {Line}: the announcement is asked for at {Asked} dBV and reaches {Reached} dBV: its peaks would be over what the line or the device allows")]
    private partial void TooQuiet(int line, double asked, double reached);

    [LoggerMessage(EventId = 5202, Level = LogLevel.Error, Message = "Line {Line}: alarm {Code}")]
    private partial void Alarmed(int line, EndingCode code);

    [LoggerMessage(EventId = 5205, Level = LogLevel.Warning, Message = "Line {Line}: the port behaves differently: {Difference}")]
    private partial void Differs(int line, string difference);

    [LoggerMessage(EventId = 5204, Level = LogLevel.Information, Message = "Line {Line}: a second phone came or went")]
    private partial void SecondPhone(int line);

    [LoggerMessage(EventId = 5206, Level = LogLevel.Warning, Message = "Line {Line}: its source lost {Samples} samples; they are a gap")]
    private partial void SourceLost(int line, int samples);

    [LoggerMessage(EventId = 5207, Level = LogLevel.Error, Message = "Line {Line}: the sound device's mixer was moved: {Fault}")]
    private partial void MixerMoved(int line, string fault);

    [LoggerMessage(EventId = 5203, Level = LogLevel.Error, Message = "Line {Line}: no volts on the pair; calls cannot be seen until it is back")]
    private partial void LineLost(int line);
}
