using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Calls;

// What people ask of a call, and what the list of numbers says of it: not to record it, or not what is said now, or not while the caller waits.
public sealed partial class LineConductor
{
    private int _declined;

    /// <summary>Masks what is said from now on, or no more where it is masked. From any thread; nothing where nobody is on the line.</summary>
    public void ToggleMask() => _mask.Toggle();

    /// <summary>Masks for so many seconds; 0: no more.</summary>
    public void Mask(int seconds) => _mask.For(seconds);

    /// <summary>The caller is put on hold by the agent's key, or taken back. From any thread; nothing where nothing is kept.</summary>
    public void Hold() => _hold.Press();

    /// <summary>The agent does not want the call recorded that is on the line now. From any thread.</summary>
    public void Decline() => Interlocked.Exchange(ref _declined, 1);

    // The caller's number while it rings, then what is dialled, digit by digit: decided before anybody is told anything.
    private void LookUp()
    {
        var signalled = _signalled is not null;
        var dialled = signalled ? _signalled!.Direction == Direction.Outgoing : IsUp(_state.Phase);
        var number = signalled ? _signalled!.Digits : dialled ? (_state.Direction == Direction.Incoming && !_state.Joining ? null : _ears.Dialled) : _ears.Caller.Digits(_memory.End);
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

    // Only on a call that goes out, and off this thread: whose badge it is takes a while to find.
    private Task _signing = Task.CompletedTask;     // a badge is being looked up: its slow hash is none of the line's thread

    private void SignIn()
    {
        if (_codes?.TakeBadge() is not { } badge || _settings.Desk is not { } desk || _state.Direction != Direction.Outgoing) return;
        var line = _source.Line;
        _closing.Add(_signing = Task.Run(() =>
        {
            var known = badge.Length == 0 || desk.Show(badge, [line], "telephone", leavesAgain: false);
            if (badge.Length == 0) desk.Leave([line]);
            _log.SignedIn(line.Number, known);
        }));
    }
}
