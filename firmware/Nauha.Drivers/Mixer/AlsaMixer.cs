using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nauha.Drivers.Capture;

namespace Nauha.Drivers.Mixer;

internal sealed class MixerHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LibMixer.Close(handle) == 0;
}

/// <summary>A card's simple mixer elements, as amixer shows them.</summary>
internal sealed class AlsaMixer : IMixer
{
    private readonly MixerHandle _mixer;

    private AlsaMixer(MixerHandle mixer, string card) => (_mixer, Card) = (mixer, card);

    public string Card { get; }

    /// <exception cref="SoundDeviceException">There is no such card, or it has no mixer.</exception>
    public static AlsaMixer Open(string card) => LibAsound.Loaded(() =>
    {
        LibAsound.BeQuiet();
        Sure(LibMixer.Open(out var mixer, 0));
        try
        {
            Sure(LibMixer.Attach(mixer, card));
            Sure(LibMixer.Register(mixer, 0, 0));
            Sure(LibMixer.Load(mixer));
            return new AlsaMixer(mixer, card);
        }
        catch
        {
            mixer.Dispose();
            throw;
        }

        void Sure(int code)
        {
            if (code < 0) throw new SoundDeviceException($"The mixer of {card} cannot be opened: {LibAsound.Words(code)}.");
        }
    });

    public IReadOnlyList<string> Names()
    {
        var names = new List<string>();
        for (var element = LibMixer.First(_mixer); element != 0; element = LibMixer.Next(element))
        {
            var plays = LibMixer.HasPlaybackSwitch(element) != 0 || LibMixer.HasPlaybackVolume(element) != 0;
            var captures = LibMixer.HasCaptureSwitch(element) != 0 || LibMixer.HasCaptureVolume(element) != 0;
            if (plays && captures) names.AddRange([NameOf(element) + " Playback", NameOf(element) + " Capture"]);
            else names.Add(NameOf(element));
        }
        return names;
    }

    public ControlState? Read(string control)
    {
        _ = LibMixer.HandleEvents(_mixer);
        if (Find(control) is not { } found) return null;
        var (element, playback) = found;
        bool? on = null;
        if ((playback ? LibMixer.HasPlaybackSwitch(element) : LibMixer.HasCaptureSwitch(element)) != 0)
        {
            var code = playback ? LibMixer.GetPlaybackSwitch(element, 0, out var value) : LibMixer.GetCaptureSwitch(element, 0, out value);
            on = code >= 0 ? value != 0 : null;
        }
        if ((playback ? LibMixer.HasPlaybackVolume(element) : LibMixer.HasCaptureVolume(element)) == 0) return new(on, null, 0);
        var (least, most) = Range(element, playback);
        var read = playback ? LibMixer.GetPlaybackVolume(element, 0, out var volume) : LibMixer.GetCaptureVolume(element, 0, out volume);
        return read < 0 ? new(on, null, 0) : new(on, (int)(volume - least), (int)(most - least));
    }

    public void Write(string control, bool? on, int? step)
    {
        if (Find(control) is not { } found) return;
        var (element, playback) = found;
        if (on is { } value) _ = playback ? LibMixer.SetPlaybackSwitch(element, value ? 1 : 0) : LibMixer.SetCaptureSwitch(element, value ? 1 : 0);
        if (step is not { } wanted) return;
        var volume = (nint)(Range(element, playback).Least + wanted);
        _ = playback ? LibMixer.SetPlaybackVolume(element, volume) : LibMixer.SetCaptureVolume(element, volume);
    }

    private static (long Least, long Most) Range(nint element, bool playback)
    {
        _ = playback ? LibMixer.GetPlaybackRange(element, out var least, out var most) : LibMixer.GetCaptureRange(element, out least, out most);
        return (least, most);
    }

    // By its whole name first: an element may be called "Mic Playback" itself. One that has only a capture side is that.
    private (nint Element, bool Playback)? Find(string control)
    {
        foreach (var (name, side) in new[] { (control, (bool?)null), (Without(control, " Playback"), true), (Without(control, " Capture"), false) })
            for (var element = LibMixer.First(_mixer); name is not null && element != 0; element = LibMixer.Next(element))
                if (NameOf(element) == name) return (element, side ?? (LibMixer.HasPlaybackSwitch(element) != 0 || LibMixer.HasPlaybackVolume(element) != 0));
        return null;
    }

    private static string? Without(string text, string end) => text.EndsWith(end, StringComparison.Ordinal) ? text[..^end.Length] : null;

    private static string NameOf(nint element) => Marshal.PtrToStringUTF8(LibMixer.GetName(element)) ?? "";

    public void Dispose() => _mixer.Dispose();
}

/// <summary>mixer.h of alsa-lib, as far as we need it.</summary>
internal static partial class LibMixer
{
    private const string Library = "libasound.so.2";

    [LibraryImport(Library, EntryPoint = "snd_mixer_open")]
    internal static partial int Open(out MixerHandle mixer, int mode);

    [LibraryImport(Library, EntryPoint = "snd_mixer_close")]
    internal static partial int Close(nint mixer);

    [LibraryImport(Library, EntryPoint = "snd_mixer_attach", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Attach(MixerHandle mixer, string name);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_register")]
    internal static partial int Register(MixerHandle mixer, nint options, nint classes);

    [LibraryImport(Library, EntryPoint = "snd_mixer_load")]
    internal static partial int Load(MixerHandle mixer);

    [LibraryImport(Library, EntryPoint = "snd_mixer_handle_events")]
    internal static partial int HandleEvents(MixerHandle mixer);

    [LibraryImport(Library, EntryPoint = "snd_mixer_first_elem")]
    internal static partial nint First(MixerHandle mixer);

    [LibraryImport(Library, EntryPoint = "snd_mixer_elem_next")]
    internal static partial nint Next(nint element);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_name")]
    internal static partial nint GetName(nint element);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_has_playback_switch")]
    internal static partial int HasPlaybackSwitch(nint element);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_has_capture_switch")]
    internal static partial int HasCaptureSwitch(nint element);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_has_playback_volume")]
    internal static partial int HasPlaybackVolume(nint element);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_has_capture_volume")]
    internal static partial int HasCaptureVolume(nint element);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_playback_switch")]
    internal static partial int GetPlaybackSwitch(nint element, int channel, out int value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_capture_switch")]
    internal static partial int GetCaptureSwitch(nint element, int channel, out int value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_set_playback_switch_all")]
    internal static partial int SetPlaybackSwitch(nint element, int value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_set_capture_switch_all")]
    internal static partial int SetCaptureSwitch(nint element, int value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_playback_volume_range")]
    internal static partial int GetPlaybackRange(nint element, out nint least, out nint most);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_capture_volume_range")]
    internal static partial int GetCaptureRange(nint element, out nint least, out nint most);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_playback_volume")]
    internal static partial int GetPlaybackVolume(nint element, int channel, out nint value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_get_capture_volume")]
    internal static partial int GetCaptureVolume(nint element, int channel, out nint value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_set_playback_volume_all")]
    internal static partial int SetPlaybackVolume(nint element, nint value);

    [LibraryImport(Library, EntryPoint = "snd_mixer_selem_set_capture_volume_all")]
    internal static partial int SetCaptureVolume(nint element, nint value);
}
