using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Tests.Announcements;

/// <summary>A pair as arithmetic: what is injected comes back so many samples later, changed by the line, and others sound beside it.</summary>
internal sealed class FakePair(double injectionDbv = 0, int delay = 480) : ILineSource
{
    private readonly Queue<short> _queue = new();
    private readonly short[] _block = new short[SampleBlock.Length], _clean = new short[SampleBlock.Length];

    public LineId Line => new(1);

    public HookSource HookSource => HookSource.Volts;

    /// <summary>Such that a sample comes back as it was sent.</summary>
    public double DbvAtFullScale => injectionDbv;

    public double InjectionDbvAtFullScale => injectionDbv;

    public string Profile => "ata";

    public bool Simulated => true;

    public int InjectionPending => _queue.Count;

    /// <summary>Everything that was injected, −1 to 1.</summary>
    public List<float> Said { get; } = [];

    /// <summary>What the detectors were given.</summary>
    public List<short> Cleaned { get; } = [];

    public List<short> Heard { get; } = [];

    /// <summary>What others sound at a sample of line time, −1 to 1.</summary>
    public Func<long, double> Others { get; init; } = _ => 0;

    /// <summary>What the line makes of the own sound.</summary>
    public float[] Response { get; init; } = [1];

    /// <summary>By how much playback's crystal is slower than capture's, millionths.</summary>
    public double Ppm { get; init; }

    /// <summary>So many blocks were heard before it begins and are read only then: a box that was busy.</summary>
    public int Backlog { get; init; }

    public int BlocksWaiting { get; private set; }

    /// <summary>Says it to its end and gives the judgement.</summary>
    public Proof Play(AnnouncementPlayer player, bool stateHeld = true, bool cutThrough = true, Action<long>? each = null)
    {
        var memory = new LineMemory();
        player.Start(0, stateHeld, cutThrough);
        for (var at = 0L; at < 8_000 * 30; at += SampleBlock.Length)
        {
            BlocksWaiting = Math.Max(0, Backlog - (int)(at / SampleBlock.Length) - 1);
            for (var i = 0; i < SampleBlock.Length; i++)
            {
                Said.Add(at >= Backlog * SampleBlock.Length && _queue.TryDequeue(out var sample) ? sample / 32_768f : 0);
                var back = 0.0;
                var late = delay + (Ppm * 1e-6 * Said.Count);
                for (var tap = 0; tap < Response.Length; tap++)
                    if (Said.Count - 1 - late - tap is >= 1 and var from) back += Response[tap] * Between(from);
                _block[i] = short.CreateSaturating(Math.Round(32_768 * (back + Others(at + i))));
            }
            memory.Write(at, _block);
            each?.Invoke(at);
            player.Clean(memory, _block, at, _clean);
            Heard.AddRange(_block);
            Cleaned.AddRange(_clean);
            if (player.Feed(memory) is { } proof) return proof;
        }
        throw new InvalidOperationException("it was never judged");
    }

    private double Between(double at)
    {
        var (whole, part) = ((int)Math.Floor(at), at - Math.Floor(at));
        return part == 0 ? Said[whole] : Said[whole] + (part * (Said[whole + 1] - Said[whole]));
    }

    public ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel) => throw new NotSupportedException();

    public int Inject(ReadOnlySpan<short> samples)
    {
        foreach (var sample in samples) _queue.Enqueue(sample);
        return samples.Length;
    }

    public void StopInjection() => _queue.Clear();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
