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

// What a call comes to: announcing, keeping, closing.
public sealed partial class LineConductor
{
    private const int Flickers = 80_000;     // 10 s
    private (long From, long Until)? _brown;    // not said yet: one that flickers is one interval

    private void Do(CallEffect effect)
    {
        switch (effect)
        {
            case CallEffect.TakeNumber:
                var direction = _direction = _state.Direction;
                _numberReported = false;
                if (direction != Direction.Incoming) _check.Forget();   // who was announced before this lift does not matter to it
                _call = new OpenCall(_vault, Task.Run(() => _vault.Start(_source.Line, direction)), _pool.Count, _log);
                break;
            case CallEffect.PickedUp:
                _party = _ears.Caller.Number(_memory.End);
                _call?.PickedUp(_vault.Now());
                break;
            case CallEffect.Announce:
                // Only where it is known that somebody is there, and that nobody here is about to dial.
                _source.LeavesPhoneOn = _state.Direction is null || _state.Joining || _state.Answer < AnswerLevel.Certain;
                _telling.Start(_memory.End, _state.Answer > AnswerLevel.None && IsFed, _memory.End - _state.LiftedAt >= _opens.TotalSeconds * 8_000);
                break;
            case CallEffect.StopAnnouncement:
                _telling.Stop();
                break;
            case CallEffect.Keep keep:
                BeginKeeping(keep.Held);
                break;
            case CallEffect.Commit:
                Commit();
                break;
            case CallEffect.Drop:
                _maker?.Drop();
                foreach (var frame in _held) frame.Dispose();
                _held.Clear();
                (_maker, _holding, _proof) = (null, false, default);
                break;
            case CallEffect.Resume resume:
                _maker?.Begin(resume.At);
                break;
            case CallEffect.StopKeeping stop:
                if (_mask.From is { } masked) NoteMask(masked, stop.At);
                EndHold(stop.At);
                _maker?.End(_memory, Math.Min(stop.At, _memory.End), _keep);
                break;
            case CallEffect.End end:
                Close(end.Ending, end.At);
                break;
            case CallEffect.Alarm alarm:
                _lastUnproven |= alarm.Code == EndingCode.NotHeard;
                _writeFailed |= alarm.Code == EndingCode.WriteError;
                _log.Alarmed(_source.Line.Number, alarm.Code);
                break;
            case CallEffect.Blind blind:
                _blindFromMs = MomentOf(blind.At);
                _log.LineLost(_source.Line.Number);
                break;
            case CallEffect.SeesAgain when _blindFromMs is { } from:
                _blindFromMs = null;
                var until = _vault.Now().UnixMs;
                _closing.Add(Task.Run(() => _vault.Blind(_source.Line, from, until, EndingCode.Unplugged)));
                break;
            default:
                break;
        }
    }

    private long MomentOf(long at) => _vault.Now().UnixMs - ((_memory.End - at) / 8);

    private void SayBrownOut()
    {
        if (_brown is not var (first, last)) return;
        var (from, until) = (MomentOf(first), MomentOf(last));
        _brown = null;
        _closing.Add(Task.Run(() => _vault.Blind(_source.Line, from, until, EndingCode.Unplugged)));
    }

    private void BeginKeeping(bool held)
    {
        _holding = held;
        if (_signalled is { } call) (_party, _direction) = (call.Party ?? _party, call.Direction ?? _direction);
        else if (_state.Direction == Direction.Outgoing) _party ??= _ears.DialledNumber();
        _maker ??= new FrameMaker(_encoder, _pool, _state.LiftedAt);
        // Who took the call: whoever signs in or out during it does not change that.
        _agent ??= _settings.Desk?.Of(_source.Line) ?? (_settings.Agent is { } own ? (own, "line") : null);
        _maker.Begin(_keptFrom = _proof.EndsAt);
        if (_heldSince is { } waited) _maker.Note(waited, "hold", _proof.EndsAt - waited);
        _heldSince = null;
        _maker.Note(_proof.EndsAt, "announcement");
        (_lastUnproven, _writeFailed) = (false, false);
        if (!held) Tell();
    }

    private void Hand(RecordedFrame frame)
    {
        if (_holding) _held.Add(frame);
        else _call!.Keep(frame);
    }

    // The far end has answered: what waited in memory is written, in its order.
    private void Commit()
    {
        _holding = false;
        _reversalKnown |= _reversed;
        Tell();
        foreach (var frame in _held) _call!.Keep(frame);
        _held.Clear();
    }

    private void Tell() => _call?.Told(
        new StreamInfo
        {
            PacketBytes = _encoder.PacketBytes,
            PreSkip = _encoder.PreSkip,
            Profile = _settings.Profile.Name,
            Source = _source.Simulated ? "simulated" : "line",
            HookSource = _source.HookSource.ToString().ToLowerInvariant(),
            DbvAtFullScale = _source.DbvAtFullScale,
            MonotonicMs = Environment.TickCount64,
        }, Facts(kept: true));

    private RecordFacts Facts(bool kept) => new()
    {
        Party = kept ? _party : null,
        Direction = _direction,
        Agent = kept ? _agent?.Agent : null,
        AgentKnownBy = kept ? _agent?.KnownBy : null,
        Announcement = _proof == default ? null : new(_settings.Announcement.TextVersion, Convert.FromHexString(_settings.Announcement.Sha256), _proof.Score, new(_proof.Played, _proof.Level, _proof.State, _proof.TalkedOver, _settings.Listens ? null : _proof.CutThrough)),
        NoticeVersion = "1",
    };

    private void Close(Ending ending, long at)
    {
        if (_call is { } call)
        {
            if (_heldSince is { } waited && at > waited) _maker?.Note(waited, "hold", at - waited);
            call.End(ending, Facts(kept: _maker is not null && ending.What == EndingKind.Recorded), _maker?.TakeNoted() ?? []);
            _closing.RemoveAll(task => task.IsCompletedSuccessfully);
            _closing.Add(call.Written);
        }
        Learn(ending);
        foreach (var frame in _held) frame.Dispose();   // only where something broke off
        _held.Clear();
        _holding = false;
        _lost += _maker?.Lost ?? 0;
        (_call, _maker, _party, _agent, _proof) = (null, null, null, null, default);
        _reversed = false;
        _ears.Forget();
        _check.Forget();
        _mask.End();
        _maskCode?.Forget();
        _hold.End();
        (_heldSince, _followed, _joins) = (null, null, 0);
        _memory.Clear();
    }

    private void Keep()
    {
        if (_maker is not { IsKeeping: true } maker) return;
        maker.Advance(_memory, _keep);
    }
}
