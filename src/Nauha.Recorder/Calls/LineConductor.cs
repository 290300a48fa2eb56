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
    private const int Frames = 32;
    private const int HeldFrames = 44;       // 20 s and what belongs to them, while it is not certain that the far end has answered
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
    private string? _mixerFault;

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
        if (_telling is AnnouncementPlayer { MissingDb: >= AnnouncementPlayer.TooFew } player) _log.TooQuiet(source.Line.Number, settings.AnnouncementDbv, player.LevelDbv);
        _keep = Hand;
        Snapshot = Look();
    }

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
                if (!listens) _log.Listens(_source.Line.Number);
                listens = true;
                while (_settings.WaitsForRoom && _pool.InUse - _held.Count > Frames - 4) await Task.Yield();
                if (_settings.WaitsForRoom && _call is { IsNumbered: false, IsRefused: false }) await _call.Numbered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_settings.WaitsForRoom && _check.IsPending) await _check.Answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_settings.WaitsForRoom && !_signing.IsCompleted) await _signing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            _log.SourceLost(_source.Line.Number, block.LostBefore);
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
            if (fault is not null) _log.MixerMoved(_source.Line.Number, fault);
        }
        Show();
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

    // Without volts nobody knows whether the pair is fed: the record names the hook's source, and that is all there is.
    private bool IsFed => _contact is not null || _hook.IsFed;

    // A box that listens waits for number and list with the proof: it could not be had a second time.
    private bool MayBeTold => !_settings.Listens || _state is { Phase: CallPhase.OffHook, Numbered: true, Asking: false };

    private static bool IsUp(CallPhase phase) => phase is CallPhase.OffHook or CallPhase.Announcing or CallPhase.Recording or CallPhase.Silent;

    public void Dispose() => _encoder.Dispose();
}
