using System.Runtime.InteropServices;
using Nauha.Audio;
using Nauha.Format;

namespace Nauha.Simulation;

/// <summary>
/// What is true of a scenario's line, for whoever judges a recorder from outside: in a folder, <c>line-N.jsonl</c> (the port
/// with all its parameters, then each thing that happens, one JSON object a line) and each voice by itself as a WAV, 8 kHz,
/// <c>line-N-pair-agent.wav</c> to <c>line-N-far-ear-noise.wav</c>. All are whole after each second of line time, so that they
/// outlive a killed program.
/// </summary>
/// <exception cref="ScenarioException">The folder or a file in it cannot be written.</exception>
public sealed class GroundTruth : IDisposable
{
    private static readonly (CapturePoint Point, Stem Stem, string Name)[] Tracks =
        [.. from point in Enum.GetValues<CapturePoint>() from stem in Enum.GetValues<Stem>() select (point, stem, $"{(point == CapturePoint.Pair ? "pair" : "far-ear")}-{stem.ToString().ToLowerInvariant()}")];

    private readonly FileStream _events;
    private readonly FileStream[] _sounds;
    private readonly int _delay;
    private long _samples;
    private bool _isOver;

    public GroundTruth(string folder, LineId line, PortProfile port, int seed)
    {
        ArgumentNullException.ThrowIfNull(port);
        _delay = port.DelayMs * 8;
        try
        {
            Directory.CreateDirectory(folder);
            _events = File.Create(Path.Combine(folder, $"line-{line.Number}.jsonl"));
            _sounds = [.. Tracks.Select(track => File.Create(Path.Combine(folder, $"line-{line.Number}-{track.Name}.wav")))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"{folder} cannot be written: {e.Message}");
        }
        Say(StrictJson.Write(json =>
        {
            json.WriteNumber("line", line.Number);
            json.WriteNumber("seed", seed);
            json.WriteString("profile", port.Name);
            json.WriteStartObject("port");
            PortKeys.Write(json, port);
            json.WriteEndObject();
        }));
        foreach (var sound in _sounds) sound.Write(WavFile.Header(8_000, 0));
    }

    /// <summary>What happened, in samples of line time: at the pair and the agent's ear, and when whatever sounded then is at the far ear.</summary>
    internal void Happened(Truth truth, bool carried) => Say(StrictJson.Write(json =>
    {
        json.WriteString("event", truth.What);
        json.WriteNumber("pair", truth.At);
        json.WriteNumber("agentEar", truth.At);
        if (carried) json.WriteNumber("farEar", truth.At + _delay);
        else json.WriteNull("farEar");
    }));

    /// <summary>Takes what the stems hold once it is a second, and when nothing more will happen.</summary>
    internal void Take(Stems stems, bool isOver)
    {
        if (stems.Count == 0 || (stems.Count < 8_000 && isOver == _isOver)) return;
        _isOver = isOver;
        _samples += stems.Count;
        for (var i = 0; i < Tracks.Length; i++)
        {
            _sounds[i].Seek(0, SeekOrigin.End);
            _sounds[i].Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(stems[Tracks[i].Point, Tracks[i].Stem])));
            _sounds[i].Seek(0, SeekOrigin.Begin);
            _sounds[i].Write(WavFile.Header(8_000, _samples));
            _sounds[i].Flush();
        }
        stems.Clear();
    }

    private void Say(byte[] line)
    {
        _events.Write([.. line, (byte)'\n']);
        _events.Flush();
    }

    /// <summary>Nobody needs to: a scenario lasts as long as its program.</summary>
    public void Dispose()
    {
        _events.Dispose();
        foreach (var sound in _sounds) sound.Dispose();
    }
}
