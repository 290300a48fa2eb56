using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Inline;

/// <summary>
/// Two relays as one: while the box speaks, the phone is off the line and a load holds the loop in its place, so that the
/// caller hears the announcement alone and the agent's greeting cannot spoil it. The phone goes first and comes back last;
/// whatever fails, it comes back.
/// </summary>
/// <param name="injection">Puts the box's voice onto the pair.</param>
/// <param name="mute">Closed: the phone is off. Without current it is on, so that a dead box is a straight wire.</param>
public sealed class MutingRelay(IInjectionSwitch injection, IInjectionSwitch mute) : IInjectionSwitch
{
    public bool LeavesPhoneOn { get; set; }

    public void Close()
    {
        if (!LeavesPhoneOn) mute.Close();
        try
        {
            injection.Close();
        }
        catch
        {
            mute.Open();
            throw;
        }
    }

    public void Open()
    {
        try
        {
            injection.Open();
        }
        finally
        {
            mute.Open();
        }
    }
}
