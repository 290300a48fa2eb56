using System.Text.Json;

namespace Nauha.Recorder.Status;

/// <summary>What one LED says: its place and the count of blinks carry the meaning, the colour only repeats it.</summary>
/// <param name="Key">The state's name in hardware/led-legend.json.</param>
/// <param name="Pattern">wink, steady, slow, mostly (lit for three parts of four), flicker or count.</param>
/// <param name="Do">What a person is to do; null where nothing.</param>
public sealed record Lamp(int Led, string Name, string Key, string Colour, string Pattern, int Count, Wording Words, Wording? Do);

/// <summary>hardware/led-legend.json, as it was built in: the states of each LED, worst first, and how people call what they see.</summary>
public static class LedLegend
{
    private sealed record Legend(Lamp[] States, TimeSpan Blink, TimeSpan Pause, Dictionary<string, Wording> Called, Dictionary<string, Wording> Colours, Dictionary<string, Wording> Patterns);

    private static readonly Lazy<Legend> All = new(Read);

    public static IReadOnlyList<Lamp> States => All.Value.States;

    /// <summary>What people call an LED, by its name.</summary>
    public static Wording Called(string name) => All.Value.Called[name];

    public static Wording Colour(Lamp lamp)
    {
        ArgumentNullException.ThrowIfNull(lamp);
        return All.Value.Colours[lamp.Colour];
    }

    /// <summary>What people call a pattern; of a count, the word for so many blinks.</summary>
    public static Wording Pattern(Lamp lamp)
    {
        ArgumentNullException.ThrowIfNull(lamp);
        return All.Value.Patterns[lamp.Pattern];
    }

    /// <summary>The state of this name and key; null: the legend has none.</summary>
    public static Lamp? Find(string name, string key) => States.FirstOrDefault(state => state.Name == name && state.Key == key);

    /// <summary>How long a counted blink is lit, and how long it is dark.</summary>
    public static TimeSpan Blink => All.Value.Blink;

    /// <summary>Dark after the last blink of a count.</summary>
    public static TimeSpan Pause => All.Value.Pause;

    /// <summary>Of the states that hold, the worst.</summary>
    /// <exception cref="ArgumentException">A key is not in the legend, or none holds.</exception>
    public static Lamp Worst(string name, params ReadOnlySpan<string> keys)
    {
        Lamp? worst = null;
        foreach (var key in keys)
            if (Find(name, key) is null) throw new ArgumentException($"the LED legend has no state '{key}' for {name}", nameof(keys));
        foreach (var state in States)
            if (worst is null && state.Name == name && keys.Contains(state.Key)) worst = state;
        return worst ?? throw new ArgumentException($"no state of {name} holds", nameof(keys));
    }

    private static Legend Read()
    {
        using var stream = typeof(LedLegend).Assembly.GetManifestResourceStream("hardware/led-legend.json") ?? throw new InvalidOperationException("the program lacks the LED legend: it was built without hardware/led-legend.json");
        using var document = JsonDocument.Parse(stream);
        var legend = document.RootElement;
        var leds = legend.GetProperty("leds").EnumerateArray().ToList();
        return new([.. leds.SelectMany(led => led.GetProperty("states").EnumerateArray().Select(state => State(led, state)))],
            TimeSpan.FromMilliseconds(legend.GetProperty("blinkMs").GetInt32()), TimeSpan.FromMilliseconds(legend.GetProperty("pauseMs").GetInt32()),
            leds.ToDictionary(led => led.GetProperty("name").GetString()!, led => Wording.Read(led.GetProperty("called"))), Words(legend.GetProperty("colours")), Words(legend.GetProperty("patterns")));
    }

    private static Lamp State(JsonElement led, JsonElement state) => new(
        led.GetProperty("led").GetInt32(), led.GetProperty("name").GetString()!, state.GetProperty("key").GetString()!, state.GetProperty("colour").GetString()!,
        state.GetProperty("pattern").GetString()!, state.GetProperty("count").GetInt32(), Wording.Read(state.GetProperty("words")), state.GetProperty("do") is { ValueKind: JsonValueKind.Object } act ? Wording.Read(act) : null);

    private static Dictionary<string, Wording> Words(JsonElement group) => group.EnumerateObject().ToDictionary(item => item.Name, item => Wording.Read(item.Value));
}
