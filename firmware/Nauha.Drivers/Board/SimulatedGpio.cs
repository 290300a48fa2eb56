using System.Collections.Concurrent;
using System.Device.Gpio;

namespace Nauha.Drivers.Board;

/// <summary>A GPIO chip in memory: what is driven can be looked at, what is read can be set. Inputs rest at the pull-up's level.</summary>
public sealed class SimulatedGpio(int lines = 54) : GpioDriver
{
    private readonly ConcurrentDictionary<int, PinMode> _modes = [];
    private readonly ConcurrentDictionary<int, PinValue> _levels = [];
    private readonly Lock _one = new();
    private readonly List<(int Line, PinEventTypes Edges, PinChangeEventHandler Hint)> _hints = [];

    /// <summary>Line and level, each time a driven level changes.</summary>
    public event Action<int, bool>? Driven;

    protected override int PinCount => lines;

    /// <summary>The level of a line, high or low, whoever drives it.</summary>
    public bool this[int line]
    {
        get => _levels.TryGetValue(line, out var level) ? (bool)level : _modes.TryGetValue(line, out var mode) && mode == PinMode.InputPullUp;
        set
        {
            var before = this[line];
            _levels[line] = value;
            if (before == value) return;
            (int Line, PinEventTypes Edges, PinChangeEventHandler Hint)[] told;
            lock (_one) told = [.. _hints];
            foreach (var (on, edges, hint) in told)
                if (on == line && edges.HasFlag(value ? PinEventTypes.Rising : PinEventTypes.Falling)) hint(this, new(value ? PinEventTypes.Rising : PinEventTypes.Falling, line));
        }
    }

    /// <summary>Lines that are open, and how.</summary>
    public IReadOnlyDictionary<int, PinMode> Modes => _modes;

    protected override void OpenPin(int pinNumber)
    {
        if (pinNumber >= lines) throw new InvalidOperationException($"there is no line {pinNumber}");
        _modes[pinNumber] = PinMode.Input;
    }

    // Here a released line keeps its level, so that a test can look at it. The kernel's own makes an input of it.
    protected override void ClosePin(int pinNumber) => _modes.TryRemove(pinNumber, out _);

    protected override void SetPinMode(int pinNumber, PinMode mode) => _modes[pinNumber] = mode;

    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue)
    {
        _modes[pinNumber] = mode;
        Write(pinNumber, initialValue);
    }

    protected override PinMode GetPinMode(int pinNumber) => _modes[pinNumber];

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => true;

    protected override PinValue Read(int pinNumber) => this[pinNumber];

    protected override void Write(int pinNumber, PinValue value)
    {
        if (_modes[pinNumber] != PinMode.Output) throw new InvalidOperationException($"line {pinNumber} is not driven");
        var before = this[pinNumber];
        _levels[pinNumber] = value;
        if (before != (bool)value) Driven?.Invoke(pinNumber, (bool)value);
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) => throw new NotSupportedException("edges are hints: nobody waits for one");

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback)
    {
        lock (_one) _hints.Add((pinNumber, eventTypes, callback));
    }

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback)
    {
        lock (_one) _hints.RemoveAll(hint => hint.Line == pinNumber && hint.Hint == callback);
    }
}
