using System.Text.Json;

namespace Nauha.Recorder.Status;

/// <summary>What one LED says: its place and the count of blinks carry the meaning, the colour only repeats it.</summary>
/// <param name="Key">The state's name in hardware/led-legend.json.</param>
/// <param name="Pattern">wink, steady, slow, mostly (lit for three parts of four), flicker or count.</param>
/// <param name="Do">What a person is to do; null where nothing.</param>
public sealed record Lamp(int Led, string Name, string Key, string Colour, string Pattern, int Count, string Words, string? Do);

/// <summary>hardware/led-legend.json, as it was built in: the states of each LED, worst first.</summary>
public static class LedLegend
{
    private static readonly Lazy<(Lamp[] States, TimeSpan Blink, TimeSpan Pause)> All = new(Read);

    public static IReadOnlyList<Lamp> States => All.Value.States;

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
            if (States.FirstOrDefault(state => state.Name == name && state.Key == key) is null) throw new ArgumentException($"the LED legend has no state '{key}' for {name}", nameof(keys));
        foreach (var state in States)
            if (worst is null && state.Name == name && keys.Contains(state.Key)) worst = state;
        return worst ?? throw new ArgumentException($"no state of {name} holds", nameof(keys));
    }

    private static (Lamp[], TimeSpan, TimeSpan) Read()
    {
        using var stream = typeof(LedLegend).Assembly.GetManifestResourceStream("hardware/led-legend.json") ?? throw new InvalidOperationException("the program lacks the LED legend: it was built without hardware/led-legend.json");
        using var legend = JsonDocument.Parse(stream);
        TimeSpan Ms(string name) => TimeSpan.FromMilliseconds(legend.RootElement.GetProperty(name).GetInt32());
        return ([.. legend.RootElement.GetProperty("leds").EnumerateArray().SelectMany(led => led.GetProperty("states").EnumerateArray().Select(state => new Lamp(
            led.GetProperty("led").GetInt32(), led.GetProperty("name").GetString()!, state.GetProperty("key").GetString()!, state.GetProperty("colour").GetString()!,
            state.GetProperty("pattern").GetString()!, state.GetProperty("count").GetInt32(), state.GetProperty("words").GetString()!, state.GetProperty("do").GetString())))], Ms("blinkMs"), Ms("pauseMs"));
    }
}
