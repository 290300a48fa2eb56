using System.Text.Json;
using Nauha.Device.Settings;
using Nauha.Device.Words;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder level --reference and --zero-volts: what a full scale of the ear is on this pair, and what the converter shows of a pair that nobody feeds. The recorder is stopped; nothing is kept but two numbers.</summary>
internal static class LevelCalibration
{
    public const double Lowest = -40, Highest = 6;

    private const int Settles = 50, Blocks = 150;            // of 20 ms
    private const double Furthest = 12;                      // dB: further off is no matter of calibration
    private const double Matters = 0.5;

    /// <param name="reference">Level of the sine that stands on the pair, dBV rms.</param>
    public static async Task<int> ReferenceAsync(RecorderOptions options, WiredLine wired, double reference, bool json, BoxWords words, CancellationToken cancel)
    {
        await using var source = wired.Open();
        var (own, line) = (options.Line(wired.Line.Number), wired.Line.Number);
        var samples = new List<short>(Blocks * SampleBlock.Length);
        var (block, clipped, lost) = (new SampleBlock(), false, false);
        for (var i = 0; i < Settles + Blocks; i++)
        {
            if (!await source.ReadAsync(block, cancel)) throw new IOException(words.Of("listen", "source-ended"));
            if (i < Settles) continue;
            samples.AddRange(block.Samples);
            (clipped, lost) = (clipped | block.Clipped, lost | (block.LostBefore > 0 && i > Settles));
        }
        var tone = ReferenceTone.Measure([.. samples], clipped);
        var scale = Math.Round(reference - tone.Dbfs, 2);
        var off = scale - own.Sound.DbvAtFullScale;
        var refusal = lost ? "lost" : tone.Refusal ?? (Math.Abs(off) > Furthest ? "far-off" : null);
        var again = refusal is null && wired.Settings.Known?.InjectionDbv is not null && Math.Abs(scale - source.DbvAtFullScale) > Matters;
        if (refusal is null) Keep(options.Data!, line, known => known with { DbvAtFullScale = scale, DbvMs = Now(), Ear = Calibrated.EarOf(own.Sound) });
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { line, stored = refusal is null, dbvAtFullScale = scale, before = source.DbvAtFullScale, hertz = tone.Hertz, dbfs = tone.Dbfs, restDb = tone.RestDb, wanderDb = tone.Wander, refusal }));
            return refusal is null ? 0 : 1;
        }
        if (tone.Refusal != "silent") Console.WriteLine(words.Of("calibration", "tone", tone.Hertz, tone.Dbfs, tone.RestDb, tone.Wander));
        Console.WriteLine(refusal is null ? words.Of("calibration", "scale", scale, source.DbvAtFullScale) : words.Of("calibration", "refused", words.Of("calibration", refusal, off)));
        if (again) Console.WriteLine(words.Of("calibration", "again", line));
        return refusal is null ? 0 : 1;
    }

    /// <param name="hook">Of the line, as it is opened.</param>
    public static async Task<int> ZeroAsync(RecorderOptions options, int line, IHookSense? hook, bool json, BoxWords words, CancellationToken cancel)
    {
        var own = options.Line(line);
        if (hook is not { Source: HookSource.Volts }) throw new ConfigurationException(words.Of("calibration", "no-volts", line, own.Hook.Source));
        // What is taken off already is put back: the converter's own reading is wanted.
        var before = Calibrated.InUse(options.Data!, line, own)?.ZeroVolts ?? own.Hook.ZeroVolts;
        var (block, readings) = (new SampleBlock(), new List<float>(Blocks * SampleBlock.VoltsLength));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < Settles + Blocks; i++)
        {
            await timer.WaitForNextTickAsync(cancel);
            hook.Sense(block);
            if (i < Settles) continue;
            foreach (var volts in block.Volts) readings.Add((float)(volts + before));
        }
        var zero = PairZero.Measure([.. readings]);
        if (zero.Refusal is null) Keep(options.Data!, line, known => known with { ZeroVolts = zero.Volts, ZeroMs = Now(), Gauge = Calibrated.GaugeOf(line, own.Hook) });
        if (json) Console.WriteLine(JsonSerializer.Serialize(new { line, stored = zero.Refusal is null, zeroVolts = zero.Volts, before, wanderVolts = zero.Wander, refusal = zero.Refusal }));
        else Console.WriteLine(zero.Refusal is { } why ? words.Of("calibration", "refused", words.Of("calibration", why, zero.Volts, zero.Wander)) : words.Of("calibration", "zero", zero.Volts, before));
        return zero.Refusal is null ? 0 : 1;
    }

    private static void Keep(string data, int line, Func<LineCalibration, LineCalibration> with) => with(LineCalibration.Load(data, line) ?? new() { Line = line }).Save(data);

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
