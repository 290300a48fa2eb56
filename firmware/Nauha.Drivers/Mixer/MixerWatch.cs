using System.Globalization;
using Nauha.Drivers.Capture;

namespace Nauha.Drivers.Mixer;

/// <summary>
/// Keeps a card's mixer as the configuration says: written when the line is opened, read back, read again every minute.
/// A gain that follows the voice spoils every level; a card that plays what it hears could prove an announcement that never
/// left it. So what cannot be set ends the line, and what was changed behind our back is set again and said.
/// </summary>
public sealed class MixerWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly IMixer _mixer;
    private readonly (string Control, bool? On, int? Percent)[] _wishes;
    private readonly TimeProvider _time;
    private long _checked;

    /// <exception cref="SoundDeviceException">A control is not there, or does not stay as it is set.</exception>
    internal MixerWatch(IMixer mixer, IReadOnlyDictionary<string, string> wishes, TimeProvider time)
    {
        (_mixer, _time, _checked) = (mixer, time, time.GetTimestamp());
        // What the configuration does not name and yet would spoil every level, or play what is heard, is off.
        var unasked = mixer.Names().Where(name => IsHarmful(name, mixer.Names()) && !wishes.ContainsKey(name)).Select(name => (name, (bool?)false, (int?)null));
        _wishes = [.. wishes.Select(wish => (wish.Key, On(wish.Value), Percent(wish.Value))), .. unasked];
        Set();
    }

    /// <summary>A gain that follows the voice, a boost, or the playing back of what is heard.</summary>
    internal static bool IsHarmful(string control, IReadOnlyList<string> all)
    {
        bool Has(string part) => control.Contains(part, StringComparison.OrdinalIgnoreCase);
        if (Has("Auto Gain") || Has("AGC") || Has("Boost") || Has("Loopback") || Has("Sidetone")) return true;
        if (!Has(" Playback") || !(Has("Mic") || Has("Line"))) return false;
        // What is heard, played: such an element has a side that captures, too, or is a microphone.
        return Has("Mic") || all.Contains(control.Replace(" Playback", " Capture", StringComparison.Ordinal));
    }

    /// <summary>What stood otherwise at the last look, in words; null: nothing did.</summary>
    public string? Fault { get; private set; }

    /// <summary>Times that something stood otherwise.</summary>
    public int Deviations { get; private set; }

    /// <summary>As <see cref="Open"/>; null where nothing is wished and the card has no mixer.</summary>
    /// <exception cref="SoundDeviceException">A control is not there, or does not stay as it is set.</exception>
    public static MixerWatch? OpenAny(Func<string> card, IReadOnlyDictionary<string, string> wishes, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(wishes);
        if (wishes.Count > 0) return Open(card(), wishes, time);
        AlsaMixer mixer;
        try
        {
            mixer = AlsaMixer.Open(card());
        }
        catch (SoundDeviceException)
        {
            return null;
        }
        return Watch(mixer, wishes, time);
    }

    public static MixerWatch Open(string card, IReadOnlyDictionary<string, string> wishes, TimeProvider time)
    {
        return Watch(AlsaMixer.Open(card), wishes, time);
    }

    private static MixerWatch Watch(AlsaMixer mixer, IReadOnlyDictionary<string, string> wishes, TimeProvider time)
    {
        try
        {
            return new(mixer, wishes, time);
        }
        catch
        {
            mixer.Dispose();
            throw;
        }
    }

    /// <summary>A card's controls as the configuration may name them; none where it has no mixer.</summary>
    public static IReadOnlyList<string> ControlsOf(string card)
    {
        try
        {
            using var mixer = AlsaMixer.Open(card);
            return [.. mixer.Names()];
        }
        catch (SoundDeviceException)
        {
            return [];
        }
    }

    /// <summary>Whether a value of the configuration is one: on, off, or 0 to 100.</summary>
    public static bool IsWish(string value) => value is "on" or "off" || Percent(value) is not null;

    /// <summary>Looks, once a minute.</summary>
    /// <exception cref="SoundDeviceException">It does not stay as it is set.</exception>
    public void Check()
    {
        if (_time.GetElapsedTime(_checked) < Every) return;
        _checked = _time.GetTimestamp();
        var fault = Deviation();
        if (fault is not null)
        {
            Deviations++;
            Set();
        }
        Fault = fault is null ? null : fault + "; it was set again";
    }

    private void Set()
    {
        foreach (var (control, on, percent) in _wishes)
        {
            var state = _mixer.Read(control) ?? throw new SoundDeviceException($"The mixer of {_mixer.Card} has no control \"{control}\": nauha-recorder devices shows what it has.");
            var step = percent is { } share ? Step(share, state.Steps) : (int?)null;
            // What has no switch is turned down instead.
            if (on == false && state.On is null) step = 0;
            _mixer.Write(control, state.On is null ? null : on ?? true, state.Step is null ? null : step);
        }
        if (Deviation() is { } fault) throw new SoundDeviceException($"The mixer of {_mixer.Card} does not stay as it is set: {fault}.");
    }

    private string? Deviation()
    {
        foreach (var (control, on, percent) in _wishes)
        {
            if (_mixer.Read(control) is not { } state) return $"\"{control}\" is not there";
            var wanted = on ?? true;
            if (state.On is { } is_ && is_ != wanted) return $"\"{control}\" is {(is_ ? "on" : "off")}";
            if (on == false && state is { On: null, Step: > 0 }) return $"\"{control}\" is on";
            if (percent is { } share && state.Step is { } step && step != Step(share, state.Steps)) return string.Create(CultureInfo.InvariantCulture, $"\"{control}\" is at {100 * step / Math.Max(1, state.Steps)} instead of {share}");
        }
        return null;
    }

    private static int Step(int percent, int steps) => (int)Math.Round(percent / 100.0 * steps);

    private static bool? On(string value) => value switch { "on" => true, "off" => false, _ => null };

    private static int? Percent(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? percent : null;

    public void Dispose() => _mixer.Dispose();
}
