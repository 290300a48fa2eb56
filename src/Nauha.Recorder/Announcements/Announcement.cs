using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Nauha.Audio;

namespace Nauha.Recorder.Announcements;

/// <summary>
/// What callers are told: the bundled announcements of a line's languages, one after the other, as samples at 8 kHz.
/// At most 8 s, so that people wait for it.
/// </summary>
public sealed class Announcement
{
    /// <summary>Longest sequence, pauses included.</summary>
    public const int LongestSamples = 8 * 8_000;

    /// <summary>Longest that others may play: the line's memory holds it, and what is asked of the journal meanwhile.</summary>
    public const int LongestKnownSamples = 12 * 8_000;

    private const int Pause = 8_000 * 3 / 10;

    private Announcement(float[] samples, string textVersion, string sha256, double activeLevel)
        => (Samples, TextVersion, Sha256, ActiveLevelDb) = (samples, textVersion, sha256, activeLevel);

    /// <summary>−1 to 1, as the WAVs hold it; the level is set where it is played.</summary>
    public float[] Samples { get; }

    /// <summary>Languages and versions of the texts, such as <c>fi-1+sv-1</c>.</summary>
    public string TextVersion { get; }

    /// <summary>Of the samples as 16-bit little-endian PCM, lower hex.</summary>
    public string Sha256 { get; }

    /// <summary>Level of the speech itself, pauses left out, in dB under a full-scale sine.</summary>
    public double ActiveLevelDb { get; }

    /// <summary>Made once for all lines that play it so.</summary>
    internal Spoken SpokenAt(double levelDbv, double reach) => _spoken.GetOrAdd((levelDbv, reach), static (at, what) => Spoken.At(what, at.LevelDbv, at.Reach), this);

    private readonly ConcurrentDictionary<(double LevelDbv, double Reach), Spoken> _spoken = new();

    /// <summary>Joins the bundled announcements of these languages; the same one for each that asks for the same.</summary>
    /// <exception cref="ArgumentException">A language has no bundled announcement, the sequence is longer than 8 s, or a detector trips over it.</exception>
    public static Announcement Bundled(IReadOnlyList<string> languages) => Joined.GetOrAdd(string.Join('+', languages), static (_, all) => Join(all), languages);

    private static readonly ConcurrentDictionary<string, Announcement> Joined = new();

    private static Announcement Join(IReadOnlyList<string> languages)
    {
        ArgumentOutOfRangeException.ThrowIfZero(languages.Count);
        var samples = new List<float>();
        var versions = new List<string>();
        foreach (var language in languages)
        {
            if (samples.Count > 0) samples.AddRange(new float[Pause]);
            samples.AddRange(Load(language));
            versions.Add($"{language}-{Texts.Value[language]}");
        }
        if (samples.Count > LongestSamples)
            throw new ArgumentException($"The announcements {string.Join(", ", languages)} last {samples.Count / 8_000.0:F1} s together; at most 8 s are played. Take a language away.", nameof(languages));
        return Make([.. samples], string.Join('+', versions));
    }

    /// <summary>What network or PBX say, from a WAV of it: 1.5 to 12 s, resampled to 8 kHz where it is otherwise; of several channels the first.</summary>
    /// <param name="textVersion">As each call will name it; null: the file's name.</param>
    /// <exception cref="ArgumentException">It cannot be read, a detector trips over it, or it is too long or too short.</exception>
    public static Announcement Known(string path, string? textVersion)
    {
        WavSound sound;
        try
        {
            sound = WavFile.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or WavFormatException)
        {
            throw new ArgumentException($"The known announcement cannot be read: {e.Message}", nameof(path));
        }
        var samples = Resampler.Convert(sound.Channels[0], sound.RateHz, 8_000);
        if (samples.Length is < 12_000 or > LongestKnownSamples) throw new ArgumentException($"The known announcement lasts {samples.Length / 8_000.0:F1} s; it is known by 1.5 to 12 s.", nameof(path));
        return From(samples, textVersion ?? Path.GetFileNameWithoutExtension(path));
    }

    /// <summary>An announcement from samples, −1 to 1 at 8 kHz.</summary>
    /// <exception cref="ArgumentException">A detector takes something in it for a digit, a tone or a machine.</exception>
    public static Announcement From(float[] samples, string textVersion)
    {
        if (AnnouncementCheck.Finds(samples) is { } finding) throw new ArgumentException($"The announcement {textVersion} {finding}: detectors on the line would trip over it. Record it again.", nameof(samples));
        return Make(samples, textVersion);
    }

    private static Announcement Make(float[] samples, string textVersion)
    {
        var pcm = new byte[samples.Length * 2];
        for (var i = 0; i < samples.Length; i++) BitConverter.TryWriteBytes(pcm.AsSpan(i * 2), short.CreateSaturating(samples[i] * 32_767f));
        return new(samples, textVersion, Convert.ToHexStringLower(SHA256.HashData(pcm)), ActiveLevel(samples));
    }

    // Windows of 250 ms within 20 dB of the loudest carry speech; a full-scale sine has a mean square of one half.
    internal static double ActiveLevel(ReadOnlySpan<float> samples)
    {
        var windows = SpeechWindows.Of(samples);
        var power = 0.0;
        foreach (var window in windows) power += SpeechWindows.Power(samples.Slice(window, SpeechWindows.Length));
        return windows.Count == 0 ? double.NegativeInfinity : 10 * Math.Log10(2 * power / windows.Count);
    }

    private static float[] Load(string language)
    {
        if (!Texts.Value.ContainsKey(language))
            throw new ArgumentException($"There is no bundled announcement in '{language}'. There are: {string.Join(", ", Texts.Value.Keys)}.", nameof(language));
        using var stream = Resource($"{language}.wav");
        var samples = WavFile.Read(stream, $"{language}.wav").Channels[0];
        // Each is looked at once in a program's life.
        if (Looked.GetOrAdd(language, _ => AnnouncementCheck.Finds(samples)) is { } finding) throw new ArgumentException($"The bundled announcement '{language}' {finding}: detectors on the line would trip over it.", nameof(language));
        return samples;
    }

    private static readonly ConcurrentDictionary<string, string?> Looked = new();

    private static readonly Lazy<SortedDictionary<string, string>> Texts = new(() =>
    {
        using var stream = Resource("texts.json");
        using var texts = JsonDocument.Parse(stream);
        return new(texts.RootElement.EnumerateArray().ToDictionary(t => t.GetProperty("language").GetString()!, t => t.GetProperty("textVersion").ToString()), StringComparer.Ordinal);
    });

    private static Stream Resource(string name) => Assembly.GetExecutingAssembly().GetManifestResourceStream($"announcements/{name}")
        ?? throw new InvalidOperationException($"The program lacks its announcement {name}: it was built without Announcements/bundled.");
}
