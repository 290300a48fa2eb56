using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Calls;

// What a protocol says while a call is up, where other lines are listened to for it.
public sealed partial class LineConductor
{
    private SignalledCall? _signalled, _followed;
    private int _joins;

    private void Follow(long at)
    {
        if (_signalled is not { } call || !IsUp(_state.Phase)) return;
        if (call == _followed) return;
        // The hold key's rules: ten seconds of it, and whoever speaks then is told first.
        if (call.Held != (_followed?.Held ?? false) && _state.Phase == CallPhase.Recording && call.Held != (_hold.From is not null)) _hold.Press();
        if (_followed is not null && call.Joins != _joins) Joined(at);
        (_followed, _joins) = (call, call.Joins);
        if (call is { Direction: not Direction.Incoming, Digits: { } digits } && IsEmergency(digits)) Happen(Happening.DialledEmergency, _memory.End);
    }

    // By itself: asked each block, Follow must not carry what only this needs.
    private bool IsEmergency(string digits) => _settings.Emergency.Any(number => digits.StartsWith(number, StringComparison.Ordinal));

    // Whoever joins must hear all of the announcement, and nothing is kept until it was said again.
    private void Joined(long at)
    {
        if (_state.Phase == CallPhase.OffHook) _telling.Anew(at);
        if (_state.Phase != CallPhase.Recording) return;
        Happen(Happening.HoldHeard, at);
        _heldSince = null;
    }
}
