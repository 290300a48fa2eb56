namespace Nauha.Recorder.Ports;

/// <summary>What an LED shows at one moment. White is both of its dice.</summary>
public enum LedColour { Dark, Blue, Amber, White }

/// <summary>What can be pressed. Masking, "do not record" and hold may also be a foot switch.</summary>
public enum PanelContact { Button, Mask, NoRecord, Hold }

/// <summary>The box's front: four LEDs and what can be pressed.</summary>
public interface IFrontPanel : IDisposable
{
    /// <summary>All four at once, the first at place 0.</summary>
    void Show(ReadOnlySpan<LedColour> leds);

    /// <summary>1 by day, 0.2 by night; without effect where the LEDs cannot be dimmed.</summary>
    void Dim(double share);

    /// <summary>Tells the monostable of LED 1 that the program lives: within two seconds, again and again.</summary>
    void Beat();

    /// <summary>The contact's level now; false where it is not fitted.</summary>
    bool IsDown(PanelContact contact);
}
