using Nauha.Audio;
using Nauha.Format;

namespace Nauha.Simulation;

/// <summary>A scenario that cannot be read: the message names file and field.</summary>
public sealed class ScenarioException(string message) : Exception(message);

/// <summary>One line of a scenario.</summary>
public sealed record ScenarioLine(LineId Line, PortProfile Profile, AgentId? Agent, IReadOnlyList<CallScript> Calls);

/// <summary>What the simulated exchange will do, as a JSON file: version, seed, epochMs, lines with their calls.</summary>
/// <param name="EpochMs">When line time 0 was, so that a restarted recorder finds the call where it would be; null: when the program starts.</param>
public sealed record ScenarioFile(int Seed, long? EpochMs, IReadOnlyList<ScenarioLine> Lines)
{
    /// <exception cref="ScenarioException">A field is missing, unknown or out of range, or a sound cannot be read.</exception>
    public static ScenarioFile Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"{path} cannot be read: {e.Message}");
        }
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            return StrictJson.TryRead(bytes, m =>
            {
                if (m.Whole("version") != 1) throw m.Wrong("version", "is not 1");
                var diary = m.Has("diary") ? new Diary(Path.Combine(folder, m.Text("diary")), TimeProvider.System) : null;
                return new ScenarioFile((int)m.Whole("seed"), m.Has("epochMs") ? m.WholeOrNull("epochMs") : null, m.List("lines", LineId.Highest, line => Line(line, folder, diary)));
            }, out var scenario, out var error) ? scenario! : throw new ScenarioException($"{Path.GetFileName(path)}: {error}.");
        }
        catch (WavFormatException e)
        {
            throw new ScenarioException($"{Path.GetFileName(path)}: {e.Message}");
        }
    }

    private static ScenarioLine Line(StrictJson.Members m, string folder, Diary? diary)
    {
        var profile = m.Has("profile") ? m.Text("profile") : "ata";
        var agent = m.Has("agent") ? m.TextOrNull("agent") : null;
        AgentId? id = agent is null ? null : AgentId.TryParse(agent, out var parsed) ? parsed : throw m.Wrong("agent", "is no agent id (a-z, 0-9, -)");
        var line = new LineId(m.Small("line", 1, LineId.Highest));
        Action<Truth>? told = diary is null ? null : truth => diary.Write(line, truth);
        return new(line, PortProfile.All.FirstOrDefault(p => p.Name == profile) ?? throw m.Wrong("profile", "is not known"), id, m.List("calls", 10_000, call => Call(call, folder) with { Told = told }));
    }

    private static CallScript Call(StrictJson.Members m, string folder) => new()
    {
        Kind = m.Text("kind") switch
        {
            "incoming" => ScriptKind.Incoming,
            "missed" => ScriptKind.Missed,
            "outgoing" => ScriptKind.Outgoing,
            "not-answered" => ScriptKind.NotAnswered,
            "busy" => ScriptKind.Busy,
            "lift-only" => ScriptKind.LiftOnly,
            "found-lifted" => ScriptKind.FoundLifted,
            "cut" => ScriptKind.Cut,
            _ => throw m.Wrong("kind", "is not known"),
        },
        At = m.Number("at") is >= 0 and < 1e6 and var at ? at : throw m.Wrong("at", "is no second of the scenario"),
        Number = m.Has("number") ? Digits(m, m.TextOrNull("number")) : null,
        CallerId = !m.Has("callerId") ? CallerIdForm.Dtmf : m.Text("callerId") switch { "none" => CallerIdForm.None, "dtmf" => CallerIdForm.Dtmf, "v23" => CallerIdForm.V23, "restricted" => CallerIdForm.Restricted, _ => throw m.Wrong("callerId", "is not known") },
        MarksTalk = m.Has("marksTalk") && m.Flag("marksTalk"),
        Rings = m.Has("rings") ? m.Small("rings", 1, 100) : 1,
        Reversal = !m.Has("reversal") || m.Flag("reversal"),
        Seconds = m.Has("seconds") ? m.Number("seconds") : 3,
        Fault = !m.Has("fault") ? LineFault.None : m.Text("fault") switch { "none" => LineFault.None, "not-heard" => LineFault.NotHeard, "loopback" => LineFault.LoopbackTrap, "loopback-at-level" => LineFault.LoopbackAtLevel, _ => throw m.Wrong("fault", "is not known") },
        Talk = m.Has("audio") && m.Text("audio") is not "bundled" and var audio ? ReadTalk(Path.Combine(folder, audio)) : m.Has("talkSeconds") ? Talk.Bundled.First(m.Number("talkSeconds")) : Talk.Bundled,
    };

    private static string? Digits(StrictJson.Members m, string? text) => text is null || text.All(char.IsAsciiDigit) ? text : throw m.Wrong("number", "holds something that is no digit");

    /// <summary>A sound file as a talk: mono is the far side; of stereo, left is near and right far, each 6 dB down.</summary>
    /// <exception cref="WavFormatException">The file is no WAV of the kinds that are read.</exception>
    public static Talk ReadTalk(string path)
    {
        WavSound sound;
        try
        {
            sound = WavFile.Read(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new WavFormatException($"{Path.GetFileName(path)} cannot be read: {e.Message}");
        }
        var channels = sound.Channels.Select(channel => Resampler.Convert(channel, sound.RateHz, 8_000)).ToList();
        return channels.Count == 1 ? Talk.OfFar(channels[0]) : new(Half(channels[0]), Half(channels[1]));
    }

    private static float[] Half(float[] samples) => Array.ConvertAll(samples, sample => sample * 0.5f);
}
