namespace Nauha.Recorder.Status;

/// <summary>What a press of the button means.</summary>
public enum Press
{
    None,

    /// <summary>Pressed for less than a second, and let go: the lamp test.</summary>
    Tapped,

    /// <summary>Held for five seconds, and still held: the safe stop.</summary>
    Held,
}

/// <summary>
/// A contact's level, looked at every 20 ms, as presses. A level counts when it has stood for 40 ms. One that was closed
/// from the first look on means nothing until it has been let go: a box that is put on a shelf on its button starts.
/// </summary>
public sealed class PressSense
{
    private static readonly TimeSpan Bounce = TimeSpan.FromMilliseconds(40), Short = TimeSpan.FromSeconds(1), Long = TimeSpan.FromSeconds(5);

    private bool _level, _down, _told, _stuck = true, _seen;
    private TimeSpan _levelSince, _downSince;

    /// <summary>Closed, bounce and start-up left out.</summary>
    public bool IsDown => _down && !_stuck;

    /// <summary>It was pressed with this look: the moment for what acts at once.</summary>
    public bool WentDown { get; private set; }

    /// <param name="down">The contact's level.</param>
    /// <param name="now">Time since any fixed moment.</param>
    public Press Look(bool down, TimeSpan now)
    {
        WentDown = false;
        if (!_seen || down != _level) (_level, _levelSince) = (down, now);
        _seen = true;
        if (now - _levelSince < Bounce) return Press.None;
        if (_level && !_down)
        {
            (_down, _downSince, _told) = (true, _levelSince, false);
            WentDown = !_stuck;
        }
        else if (!_level)
        {
            var press = _down && !_stuck && !_told && _levelSince - _downSince < Short ? Press.Tapped : Press.None;
            (_down, _stuck) = (false, false);
            return press;
        }
        if (_stuck || _told || now - _downSince < Long) return Press.None;
        _told = true;
        return Press.Held;
    }
}
