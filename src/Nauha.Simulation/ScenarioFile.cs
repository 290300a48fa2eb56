using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Ports;

namespace Nauha.Simulation;

/// <summary>A scenario that cannot be read: the message names file and field.</summary>
public sealed class ScenarioException(string message) : Exception(message);

/// <summary>One line of a scenario.</summary>
public sealed record ScenarioLine(LineId Line, PortProfile Profile, AgentId? Agent, IReadOnlyList<CallScript> Calls);

/// <summary>What the simulated exchange will do, as a JSON file: version, seed, epochMs, lines with their calls.</summary>
/// <param name="EpochMs">When line time 0 was, so that a restarted recorder finds the call where it would be; null: when the program starts.</param>
public sealed record ScenarioFile(int Seed, long? EpochMs, IReadOnlyList<ScenarioLine> Lines)
{
    /// <summary>A folder for the ground truth (<see cref="GroundTruth"/>); null: nobody wants it.</summary>
    public string? Truth { get; init; }

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
                var truth = m.Has("truth") ? Path.Combine(folder, m.Text("truth")) : null;
                var seed = m.Whole("seed") is >= 0 and <= int.MaxValue - LineId.Highest and var whole ? (int)whole : throw m.Wrong("seed", "is not within 0 to 2^31");
                return new ScenarioFile(seed, m.Has("epochMs") ? m.WholeOrNull("epochMs") : null, m.List("lines", LineId.Highest, line => Line(line, folder, seed, diary))) { Truth = truth };
            }, out var scenario, out var error) ? scenario! : throw new ScenarioException($"{Path.GetFileName(path)}: {error}.");
        }
        catch (WavFormatException e)
        {
            throw new ScenarioException($"{Path.GetFileName(path)}: {e.Message}");
        }
    }

    private static ScenarioLine Line(StrictJson.Members m, string folder, int seed, Diary? diary)
    {
        var profile = m.Has("profile") ? m.Text("profile") : "ata";
        var agent = m.Has("agent") ? m.TextOrNull("agent") : null;
        AgentId? id = agent is null ? null : AgentId.TryParse(agent, out var parsed) ? parsed : throw m.Wrong("agent", "is no agent id (a-z, 0-9, -)");
        var line = new LineId(m.Small("line", 1, LineId.Highest));
        Action<Truth>? told = diary is null ? null : truth => diary.Write(line, truth);
        var port = PortProfile.All.FirstOrDefault(p => p.Name == profile) ?? throw m.Wrong("profile", "is not known");
        if (m.Has("tap")) port = port with { Tap = m.Text("tap") switch { "pair" => LineSides.None, "in-line" => LineSides.Inline, "handset" => LineSides.Handset, _ => throw m.Wrong("tap", "is not known") } };
        if (m.Has("mutesPhone")) port = port with { MutesPhone = m.Flag("mutesPhone") && port.Tap == LineSides.Inline };
        port = (m.Has("model") ? m.Text("model") : "plain") switch { "plain" => port, "typical" => port.Typical(), "drawn" => port.Drawn(seed + line.Number), _ => throw m.Wrong("model", "is none of plain, typical, drawn") };
        if (m.Has("port")) port = m.Nested("port", keys => PortKeys.Read(keys, port));
        return new(line, port, id, m.List("calls", 10_000, call => ScenarioCall.Read(call, folder) with { Told = told }));
    }

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
