using System.Device.Spi;
using Nauha.Drivers.Board;
using Nauha.Drivers.Inline;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>Hook and relay of every line on a device, as the configuration says and the board has them; one sampler looks at all pairs.</summary>
public sealed class LineHooks : IDisposable
{
    private readonly BoardPins _pins;
    private readonly Mcp3208? _converter;
    private readonly VoltsSampler? _sampler;
    private readonly Dictionary<int, IHookSense> _hooks = [];
    private readonly Dictionary<int, IInjectionSwitch> _relays = [];

    /// <param name="lines">By line number.</param>
    /// <param name="pins">Owned from now on.</param>
    /// <param name="onHookVolts">What a contact at rest stands for.</param>
    /// <param name="starts">False: readings are taken by <see cref="Sample"/>.</param>
    /// <exception cref="BoardException">A line's hook hangs on something that this board does not have.</exception>
    public LineHooks(IReadOnlyDictionary<int, HookOptions> lines, BoardPins pins, Func<VoltsWiring, SpiDevice> bus, TimeProvider time, double onHookVolts = 48, bool starts = true)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(pins);
        ArgumentNullException.ThrowIfNull(bus);
        _pins = pins;
        var gauges = new List<(int Line, IPairGauge Gauge)>();
        foreach (var (line, options) in lines.OrderBy(l => l.Key))
        {
            if (pins.Output($"relay{line}") is { } relay) _relays[line] = options.MutePhone ? new MutingRelay(new RelayPin(relay), Mute(line)) : new RelayPin(relay);
            else if (options.MutePhone) throw new BoardException($"The configuration's lines:{line}:hook:mutePhone is true: this board has no pin relay{line} (board:pins:relay{line}), with which the phone is taken off.");
            if (options.Source is "volts" or "current")
            {
                var wiring = pins.Profile?.Volts ?? throw new BoardException($"The configuration's lines:{line}:hook:source is {options.Source}: set board:profile to the board that the line interface sits on.");
                _converter ??= new(bus(wiring));
                var channel = (options.Channel ?? line) - 1;
                gauges.Add((line, options.Source == "volts" ? new VoltsGauge(_converter, channel, wiring, options.ZeroVolts) : new CurrentGauge(_converter, channel, wiring, onHookVolts)));
            }
            else if (options.Source == "contact")
            {
                var hook = pins.Input($"hook{line}") ?? throw new BoardException($"The configuration's lines:{line}:hook:source is contact: this board has no pin hook{line} (board:pins:hook{line}).");
                gauges.Add((line, new ContactGauge(hook, pins.Input($"ring{line}"), onHookVolts)));
            }
        }
        if (gauges.Count == 0) return;
        _sampler = new([.. gauges.Select(g => g.Gauge)], time, starts);
        for (var i = 0; i < gauges.Count; i++) _hooks[gauges[i].Line] = new PairHook(_sampler[i]);
    }

    private RelayPin Mute(int line) => new(_pins.Output($"mute{line}") ?? throw new BoardException($"The configuration's lines:{line}:hook:mutePhone is true: this board has no pin mute{line} (board:pins:mute{line})."));

    /// <summary>Null: the sound itself is the hook.</summary>
    public IHookSense? HookOf(int line) => _hooks.GetValueOrDefault(line);

    /// <summary>Null: there is none; the box's voice is always on the pair.</summary>
    public IInjectionSwitch? RelayOf(int line) => _relays.GetValueOrDefault(line);

    internal void Sample() => _sampler?.Sample();

    public void Dispose()
    {
        _sampler?.Dispose();
        foreach (var relay in _relays.Values) relay.Open();
        _converter?.Dispose();
        _pins.Dispose();
    }
}
