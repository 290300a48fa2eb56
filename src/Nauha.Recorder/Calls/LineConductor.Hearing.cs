using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Recordings;

namespace Nauha.Recorder.Calls;

// What the hook and the sound of a block mean, and what of them must not be kept.
public sealed partial class LineConductor
{
    private void Sense(HookEvent hook)
    {
        _lessons.Hook(hook);
        if (hook.Change == HookChange.OffHook && _state.Phase is CallPhase.Idle or CallPhase.Ringing) _lessons.Lifted();
        _deafUntil = hook.At + DeafSamples;
        if (hook.Change is HookChange.OnHook or HookChange.Reversal or HookChange.FeedLost or HookChange.Cut) _telling.Disturbed(hook.At);
        _reversed |= hook.Change == HookChange.Reversal;
        if (hook.Change == HookChange.SecondPhone) _log.SecondPhone(_source.Line.Number);
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
                _ears.Caller.Hear(block.Samples, block.FirstSample, _state.Phase == CallPhase.Ringing);
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
        _log.Judged(_source.Line.Number, proof.Holds, proof.Score, proof.Played, proof.Level, proof.State, proof.TalkedOver);
        Happen(proof switch { { Holds: true } => Happening.Proven, { ToneUnder: true } => Happening.ToneUnder, { TalkedOver: true } => Happening.TalkedOver, _ => Happening.NotProven }, _memory.End);
        if (_state.Phase != CallPhase.Recording) return;
        SilenceKeysSince(proof.EndsAt);
        _memory.Silence(Math.Max(_ears.Waited.From, proof.EndsAt), _ears.Waited.Until);
        if (_mask.From is { } from) _memory.Silence(Math.Max(from, proof.EndsAt), _memory.End);
    }
}
