namespace Nauha.Recorder.Line;

/// <summary>
/// Hook and ring where a line has no volts but one bit: a contact, the sound itself, a protocol. What lasts for a block
/// (20 ms) counts; bounce is the business of whoever senses it. It sees no polarity, no second phone and no cut pair.
/// </summary>
/// <param name="late">Samples by which a lift is known late: its edge is dated back by so many.</param>
public sealed class ContactHook(int late = 0)
{
    /// <summary>Where the sound is the hook: 100 ms of it are waited for, and a word may begin softly before that. What is said then is part of the call.</summary>
    public const int LateByVoice = 8 * 240;

    private bool? _up;
    private bool _ringing;

    public void Process(bool? up, bool ringing, long at, List<HookEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (up is { } now && now != (_up ?? false)) events.Add(new(now ? HookChange.OffHook : HookChange.OnHook, now ? Math.Max(0, at - late) : at, AtStartUp: _up is null));
        _up = up ?? _up;
        ringing &= _up != true;
        if (ringing != _ringing) events.Add(new(ringing ? HookChange.RingStarted : HookChange.RingStopped, at));
        _ringing = ringing;
    }
}
