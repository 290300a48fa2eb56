using System.Diagnostics;
using System.Globalization;
using Nauha.Audio;
using Nauha.Drivers.Capture;
using Nauha.Recorder.Ports;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>
/// Capture on a machine that has no time for it: hogs on every core. What is played names each of its samples, so that what
/// was heard says which are missing; each of those must have been said. Twenty seconds by itself; ten minutes in CI, beside
/// the other suites, and an hour in the long form (NAUHA_TESTS_CAPTURE_SECONDS).
/// </summary>
[Collection("real time"), Trait("runs", "beside")]
public sealed class MinutesOfCapture
{
    private const int Period = 160;

    private static int Seconds => int.TryParse(Environment.GetEnvironmentVariable("NAUHA_TESTS_CAPTURE_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 20;

    // Never 0: silence is what nobody played.
    private static short Named(long i)
    {
        var x = unchecked((ulong)(i + 1) * 0x9E3779B97F4A7C15UL);
        x = unchecked((x ^ (x >> 29)) * 0xBF58476D1CE4E5B9UL);
        var value = unchecked((short)(x >> 40));
        return value is 0 or short.MinValue ? (short)1 : value;
    }

    [Fact]
    public async Task Under_hogs_no_sample_is_lost_or_it_is_said_how_many_and_where()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        await using var line = AlsaLine.Open(new(1), "ata", new SoundOptions { Device = "near" }, new SoundCards(), TimeProvider.System);
        Play(pair.PathOf("named.wav"), Seconds);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Seconds + 120));
        var hogs = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Process.Start("nice", ["-n", Seconds > 60 ? "19" : "0", "sh", "-c", "while :; do :; done"])).ToList();
        try
        {
            using var mouth = pair.Start("/usr/bin/aplay", "-q", "-D", "far", "--buffer-time=2000000", pair.PathOf("named.wav"));
            var heard = new Follower();
            var block = new SampleBlock();
            while (heard.Next < (long)Seconds * 8_000 && !(mouth.HasExited && heard.SilentFor > 8_000))
            {
                (await line.ReadAsync(block, patience.Token)).ShouldBeTrue();
                heard.Take(block);
            }
            heard.End();
            TestContext.Current.TestOutputHelper?.WriteLine($"{heard.Samples} samples followed, {heard.Missing} missing in {heard.Jumps} places, {heard.Said} said; {line.Sound}");
            heard.Samples.ShouldBeGreaterThan((long)Seconds * 8_000 * 9 / 10, "else nothing was shown");
            heard.Wrong.ShouldBeEmpty();
            line.Sound!.LostSamples.ShouldBe(heard.Said);
            if (Seconds >= 120) Math.Abs(line.Sound.CapturePpm.ShouldNotBeNull()).ShouldBeLessThan(500, "the virtual device runs by this machine's own clock");
        }
        finally
        {
            foreach (var hog in hogs)
            {
                hog.Kill();
                hog.Dispose();
            }
        }
    }

    [Fact]
    public async Task A_stall_of_three_seconds_costs_no_sample_where_the_device_holds_them_and_else_it_is_said()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        using var stall = new Stall();
        await using var line = AlsaLine.Open(new(1), "ata", new SoundOptions { Device = "near" }, new SoundCards(), TimeProvider.System, relay: stall);
        Play(pair.PathOf("named.wav"), 12);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var mouth = pair.Start("/usr/bin/aplay", "-q", "-D", "far", pair.PathOf("named.wav"));
        var (heard, block) = (new Follower(), new SampleBlock());
        Task? stalled = null;
        while (heard.Next < 11 * 8_000)
        {
            // Whoever speaks holds the relay, and with it the capture thread, for three seconds.
            if (heard.Next > 3 * 8_000 && stalled is null) stalled = Task.Run(() => line.Inject([1]));
            (await line.ReadAsync(block, patience.Token)).ShouldBeTrue();
            heard.Take(block);
        }
        heard.End();
        TestContext.Current.TestOutputHelper?.WriteLine($"{heard.Samples} samples followed, {heard.Missing} missing in {heard.Jumps} places, {heard.Said} said; {line.Sound}");
        heard.Wrong.ShouldBeEmpty();
        line.Sound!.LostSamples.ShouldBe(heard.Said);
        await stalled!;
    }

    private sealed class Stall : IInjectionSwitch, IDisposable
    {
        private readonly ManualResetEventSlim _never = new();

        public void Close() => _never.Wait(3_000);

        public void Open()
        {
        }

        public void Dispose() => _never.Dispose();
    }

    private static void Play(string path, int seconds)
    {
        using var file = File.Create(path);
        file.Write(WavFile.Header(8_000, (long)seconds * 8_000));
        var some = new short[8_000];
        for (var second = 0; second < seconds; second++)
        {
            for (var i = 0; i < some.Length; i++) some[i] = Named(((long)second * 8_000) + i);
            file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(some.AsSpan()));
        }
    }

    /// <summary>Reads the names of the samples and holds them against what the line said it lost.</summary>
    private sealed class Follower
    {
        private const int Sure = 6;
        private readonly short[] _ahead = new short[Sure];
        private int _held;
        private long _lastSaid;

        /// <summary>Name of the sample that must come next; −1 before the first.</summary>
        public long Next { get; private set; } = -1;

        public long Samples { get; private set; }

        public long Missing { get; private set; }

        public long Said { get; private set; }

        public int Jumps { get; private set; }

        public long SilentFor { get; private set; }

        public List<string> Wrong { get; } = [];

        public void Take(SampleBlock block)
        {
            Said += block.LostBefore;
            _lastSaid += block.LostBefore;
            foreach (var sample in block.Samples) Take(sample);
        }

        private void Take(short sample)
        {
            if (sample == 0)
            {
                // The player was late: silence on the pair, no loss of ours.
                (SilentFor, _held) = (SilentFor + 1, 0);
                return;
            }
            SilentFor = 0;
            if (Next >= 0 && sample == Named(Next))
            {
                (Next, Samples, _held) = (Next + 1, Samples + 1, 0);
                return;
            }
            // Something is missing before this one, or it is the very first: some samples tell which it is.
            _ahead[_held++] = sample;
            if (_held < Sure) return;
            _held = 0;
            for (var at = Math.Max(0, Next); at < Next + (8_000 * 30); at++)
            {
                if (!_ahead.Select((s, i) => s == Named(at + i)).All(same => same)) continue;
                if (Next >= 0) Jump(at);
                (Next, Samples) = (at + Sure, Samples + Sure);
                return;
            }
            Wrong.Add($"what was heard after sample {Next} is none of what was played");
        }

        // What is missing must have been said since the last jump, to a period.
        private void Jump(long to)
        {
            var missing = to - Next;
            (Missing, Jumps) = (Missing + missing, Jumps + 1);
            if (Math.Abs(missing - _lastSaid) > Period) Wrong.Add($"after sample {Next} {missing} are missing and {_lastSaid} were said");
            _lastSaid = 0;
        }

        public void End()
        {
            if (_lastSaid > Period) Wrong.Add($"{_lastSaid} were said at the end, and none are missing");
        }
    }
}
