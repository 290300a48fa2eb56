using System.Text.Json;

namespace Nauha.Drivers.Board;

/// <summary>The board cannot be used as it is configured: the message says what to do.</summary>
public sealed class BoardException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>From the converter's volts to those on the pair, as the line interface's amplifier is built.</summary>
/// <param name="ReferenceVolts">Full scale of the converter.</param>
/// <param name="MidVolts">What it reads at 0 V on the pair.</param>
/// <param name="PairVoltsPerVolt">Volts on the pair for one volt at the converter; negative: the amplifier inverts.</param>
public sealed record VoltsWiring(double ReferenceVolts, double MidVolts, double PairVoltsPerVolt, int SpiBus, int ChipSelect, int ClockHz)
{
    /// <summary>Where a channel hears the loop's current: milliamperes for one volt at the converter.</summary>
    public double MilliampsPerVolt { get; init; } = 40;
}

/// <summary>Where the I2C devices are.</summary>
public sealed record I2cWiring(int Bus, int Clock, int Display);

/// <summary>One kind of board, as hardware/boards.json has it: which GPIO chip, which pins, how many lines.</summary>
/// <param name="Name">pi-zero-2, pi-3, pi-4, cm4, pi-5, cm5 or generic.</param>
/// <param name="Chip">The chip's label. Never its number: that of a Pi 5's header has been 4 and is 0.</param>
/// <param name="I2sLines">Lines that its I2S lanes carry.</param>
/// <param name="UsbLines">Lines by USB sound, one full-speed device each.</param>
/// <param name="Pins">By name, the line of the chip (on a Pi: the GPIO's number). What is not in it is not fitted.</param>
public sealed record BoardProfile(string Name, IReadOnlyList<string> Models, string Chip, int I2sLines, int UsbLines, IReadOnlyDictionary<string, int> Pins, VoltsWiring Volts, I2cWiring I2c)
{
    /// <summary>A board of which nothing is known: its chip and pins come from the configuration.</summary>
    public const string Generic = "generic";

    private static readonly Lazy<(IReadOnlyList<BoardProfile> Boards, IReadOnlyList<string> PinNames)> Table = new(Read);

    public static IReadOnlyList<BoardProfile> All => Table.Value.Boards;

    /// <summary>Every name that a pin may have.</summary>
    public static IReadOnlyList<string> PinNames => Table.Value.PinNames;

    /// <summary>By the model in the device tree; null: it is none of ours.</summary>
    /// <param name="model">As /proc/device-tree/model has it, "Raspberry Pi 4 Model B Rev 1.5".</param>
    public static BoardProfile? OfModel(string model) => All
        .SelectMany(board => board.Models.Select(begin => (board, begin)))
        .Where(pair => model.StartsWith(pair.begin, StringComparison.Ordinal))
        .OrderByDescending(pair => pair.begin.Length)
        .Select(pair => pair.board).FirstOrDefault();

    /// <summary>With what the configuration says of chip and pins in place of the profile's.</summary>
    /// <exception cref="BoardException">A pin has no such name, two have one line, or a generic board has no chip.</exception>
    public BoardProfile With(BoardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var pins = Pins.ToDictionary();
        foreach (var (name, line) in options.Pins)
        {
            var known = PinNames.FirstOrDefault(pin => pin.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new BoardException($"The configuration's board:pins:{name} is no pin of this box. There are: {string.Join(", ", PinNames)}.");
            if (line < 0) pins.Remove(known); else pins[known] = line;
        }
        foreach (var twice in pins.GroupBy(pin => pin.Value).Where(pin => pin.Count() > 1)) throw new BoardException($"The configuration's board:pins gives line {twice.Key} to {string.Join(" and ", twice.Select(pin => pin.Key))}.");
        if ((options.Chip ?? Chip).Length == 0) throw new BoardException("The configuration's board:chip is missing: a generic board needs the label of its GPIO chip, as `gpiodetect` shows it.");
        return this with { Chip = options.Chip ?? Chip, Pins = pins };
    }

    private static (IReadOnlyList<BoardProfile>, IReadOnlyList<string>) Read()
    {
        using var stream = typeof(BoardProfile).Assembly.GetManifestResourceStream("hardware/boards.json") ?? throw new InvalidOperationException("the program lacks the boards: it was built without hardware/boards.json");
        using var file = JsonDocument.Parse(stream);
        var root = file.RootElement;
        var pins = root.GetProperty("pins").EnumerateObject().ToDictionary(pin => pin.Name, pin => pin.Value.GetInt32());
        var (v, i) = (root.GetProperty("volts"), root.GetProperty("i2c"));
        var volts = new VoltsWiring(v.GetProperty("referenceVolts").GetDouble(), v.GetProperty("midVolts").GetDouble(), v.GetProperty("pairVoltsPerVolt").GetDouble(), v.GetProperty("spiBus").GetInt32(), v.GetProperty("chipSelect").GetInt32(), v.GetProperty("clockHz").GetInt32()) { MilliampsPerVolt = v.GetProperty("milliampsPerVolt").GetDouble() };
        var i2c = new I2cWiring(i.GetProperty("bus").GetInt32(), i.GetProperty("clock").GetInt32(), i.GetProperty("display").GetInt32());
        List<BoardProfile> boards = [.. root.GetProperty("boards").EnumerateArray().Select(board =>
        {
            var without = Texts(board, "without");
            return new BoardProfile(board.GetProperty("name").GetString()!, Texts(board, "models"), board.GetProperty("chip").GetString()!, board.GetProperty("i2sLines").GetInt32(), board.GetProperty("usbLines").GetInt32(),
                pins.Where(pin => pin.Value >= 0 && !without.Contains(pin.Key)).ToDictionary(), volts, i2c);
        })];
        boards.Add(new(Generic, [], "", 0, 4, new Dictionary<string, int>(), volts, i2c));
        return (boards, [.. pins.Keys]);
    }

    private static List<string> Texts(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
}
