using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Audio;
using Nauha.Drivers.Capture;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Benchmarks;

/// <summary>
/// A sample's whole way: lines captured from memory as a USB adapter gives them (48 kHz, 16 bit), resampled, detected, told, encoded, sealed and written to a real vault, each frame
/// synced, against libopus alone over the samples that were kept. Processor time of the whole process, all threads and the
/// kernel's part: what one line's writer does elsewhere counts as well.
/// </summary>
internal static partial class WholeWay
{
    private const int TalkSeconds = 120;
    private const int Rounds = 7;
    private const int AdapterHz = 48_000;

    public static IEnumerable<Row> Rows()
    {
        Console.Error.WriteLine("the whole way...");
        using var box = new Box();
        var tape = Tape.Record();
        // The same sound on all lines, begun at different times: no two encoders do the same at once.
        var one = Fight(box, tape, 1);
        var eight = Fight(box, tape, 8);
        yield return new("one line, all the way", one.Ours, one.Peer, one.Ratio, "libopus called bare, same sound");
        yield return new("eight lines, all the way", eight.Ours, eight.Peer, eight.Ratio, "libopus called bare, same sound");
        yield return new("eight lines against one", $"{eight.Seconds:F2} s", $"{8 * one.Seconds:F2} s", eight.Seconds / (8 * one.Seconds), "eight times one line");
    }

    private static (string Ours, string Peer, double Ratio, double Seconds) Fight(Box box, Tape tape, int lines)
    {
        var (ours, peers, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -2; round < Rounds; round++)
        {
            double our = 0, peer = 0;
            // The order changes from round to round: neither always follows the other.
            for (var turn = 0; turn < 2; turn++)
            {
                if ((round + turn) % 2 == 0) our = Cost(() => box.Take(tape, lines));
                else peer = Cost(() => Encoding.Bare(tape.Kept, lines));
            }
            if (round < 0) continue;
            ours.Add(our);
            peers.Add(peer);
            ratios.Add(our / peer);
        }
        var seconds = lines * tape.Kept.Length / 8_000.0;
        return ($"{seconds / Median(ours):F0} x real time", $"{seconds / Median(peers):F0} x real time", Median(ratios), Median(ours));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double Cost(Action act)
    {
        var before = ProcessorSeconds();
        act();
        return ProcessorSeconds() - before;
    }

    private static double ProcessorSeconds()
    {
        const int processCpuTime = 2;   // CLOCK_PROCESS_CPUTIME_ID
        if (Clock(processCpuTime, out var time) != 0) throw new InvalidOperationException("the processor's time cannot be read");
        return time.Seconds + (time.Nanoseconds / 1e9);
    }

    private readonly record struct Moment(long Seconds, long Nanoseconds);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Clock(int which, out Moment time);

    /// <summary>One call as the tap hears it, announcement and all, taken once from the exchange.</summary>
    private sealed class Tape
    {
        private readonly List<short> _samples = [];

        public List<float[]> Volts { get; } = [];

        /// <summary>The whole call at 48 kHz, little-endian.</summary>
        public byte[] Frames { get; private set; } = [];

        /// <summary>What of it is kept.</summary>
        public short[] Kept { get; private set; } = [];

        public static Tape Record()
        {
            var (tape, talk) = (new Tape(), Talk.Bundled);
            var (near, far) = (new float[TalkSeconds * 8_000], new float[TalkSeconds * 8_000]);
            for (var i = 0; i < near.Length; i++) (near[i], far[i]) = (talk.Near[i % talk.Near.Length], talk.Far[i % talk.Far.Length]);
            var exchange = new ExchangeLine(PortProfile.Exchange, [new() { Kind = ScriptKind.Incoming, At = 0.5, Number = "0409990123", CallerId = CallerIdForm.None, Talk = new(near, far) }], seed: 7);
            using var box = new Box();
            box.Run(new Recording(tape, new SimulatedLine(new(1), PortProfile.Exchange, exchange, new LinePacer(TimeProvider.System, 0))));
            var from = exchange.Truths.Last(t => t.What == "played").At;
            tape.Kept = [.. tape._samples.Skip((int)from).Take(TalkSeconds * 8_000)];
            var wide = Resampler.Convert([.. tape._samples.Select(s => s / 32_768f)], 8_000, AdapterHz);
            tape.Frames = MemoryMarshal.AsBytes(Array.ConvertAll(wide, s => short.CreateSaturating(MathF.Round(s * 32_768f))).AsSpan()).ToArray();
            return tape;
        }

        private sealed class Recording(Tape tape, SimulatedLine line) : Source(line.Line)
        {
            private int _idle;

            public override async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
            {
                _idle = line.Exchange.IsOver ? _idle + 1 : 0;
                if (_idle > 100) return false;
                await line.ReadAsync(block, cancel);
                tape._samples.AddRange(block.Samples);
                tape.Volts.Add([.. block.Volts]);
                return true;
            }

            public override int Inject(ReadOnlySpan<short> samples) => line.Inject(samples);

            public override void StopInjection() => line.StopInjection();

            public override int InjectionPending => line.InjectionPending;
        }
    }

    /// <summary>The tape again, from memory. What is injected is on it already, at the same moment.</summary>
    private sealed class Replay : Source
    {
        private const int PeriodBytes = AdapterHz / 50 * 2;

        private readonly BlockRing _ring;
        private readonly BlockMaker _maker;
        private readonly Tape _tape;
        private int _at, _block, _pending;

        public Replay(LineId line, Tape tape) : base(line)
        {
            _tape = tape;
            _ring = new();
            _maker = new(new(AdapterHz, 1, SampleFormat.S16, AdapterHz / 50, AdapterHz / 2), new(0), _ring);
        }

        public override ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
        {
            while (!_ring.TryTake(block))
            {
                if (_at == _tape.Frames.Length) return ValueTask.FromResult(false);
                _maker.Take(_tape.Frames.AsSpan(_at, PeriodBytes));
                _at += PeriodBytes;
            }
            _tape.Volts[_block++].CopyTo(block.Volts, 0);
            _pending = Math.Max(0, _pending - SampleBlock.Length);
            return ValueTask.FromResult(true);
        }

        public override int Inject(ReadOnlySpan<short> samples)
        {
            _pending += samples.Length;
            return samples.Length;
        }

        public override void StopInjection() => _pending = 0;

        public override int InjectionPending => _pending;
    }

    private abstract class Source(LineId line) : ILineSource
    {
        public LineId Line => line;

        public HookSource HookSource => HookSource.Volts;

        public double DbvAtFullScale => ExchangeLine.DbvAtFullScale;

        public double InjectionDbvAtFullScale => ExchangeLine.InjectionDbvAtFullScale;

        public string Profile => "exchange";

        public bool Simulated => true;

        public abstract ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel);

        public abstract int Inject(ReadOnlySpan<short> samples);

        public abstract void StopInjection();

        public abstract int InjectionPending { get; }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A box as an enrolment leaves it, with a vault on the disk.</summary>
    private sealed class Box : IDisposable
    {
        private readonly string _data = Directory.CreateTempSubdirectory("nauha-way-").FullName;
        private readonly BoxIdentity _identity;
        private readonly CallVault _vault;
        private readonly LineSettings _settings = new(LineProfile.Exchange, Announcement.Bundled(["fi", "sv"]), -17, null, LineSettings.EmergencyNumbers) { WaitsForRoom = true };

        public Box()
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            var today = RetentionPeriod.DayOf(now, RetentionPeriod.Zone).AddDays(-1);
            using var root = CentralSigner.Create();
            using var days = CentralSigner.Create();
            using var signer = ApplianceSigner.Create();
            var fleet = FleetId.From(new byte[10]);
            var keys = Enumerable.Range(0, 30).Select(i =>
            {
                using var secret = DaySecret.Create();
                return DayKeyEntry.For(today.AddDays(i), secret.PublicKey);
            }).ToList();
            var trust = new TrustDocument(fleet, 1, [root.PublicKey], 1, new Dictionary<string, IReadOnlyList<TrustedKey>>
            {
                ["daykeys"] = [new(days.Id, days.PublicKey, 0, long.MaxValue, true)],
                ["commands"] = [],
                ["receipts"] = [],
            }, []);
            BoxIdentity.Save(_data, new(fleet, ApplianceId.From(new byte[10]), Envelope.Seal(PayloadTypes.Trust, trust.ToPayload(), root), Envelope.Seal(PayloadTypes.DayKeys, new DayKeyBundle(fleet, 1, now - 1_000, keys).ToPayload(), days), "localhost", 8883, now - 1_000), signer.ExportPem(), "", "", "");
            _identity = BoxIdentity.Load(_data);
            _vault = CallVault.Open(_data, _identity, simulated: true, TimeProvider.System, NullLogger.Instance);
        }

        public void Run(params ILineSource[] sources) => Task.WhenAll(sources.Select(source => Task.Run(async () =>
        {
            using var conductor = new LineConductor(source, _settings, _vault, NullLogger.Instance);
            await conductor.RunAsync(CancellationToken.None);
        }))).GetAwaiter().GetResult();

        /// <summary>So many lines at once; each must have recorded its call to the end.</summary>
        public void Take(Tape tape, int lines)
        {
            var before = _vault.Read(index => index.Calls.Count);
            Run([.. Enumerable.Range(1, lines).Select(line => new Replay(new(line), tape))]);
            var calls = _vault.Read(index => index.Calls.Skip(before).ToList());
            if (calls.Count != lines || calls.Any(call => call.Ending != Ending.Recorded)) throw new InvalidOperationException($"not every call was recorded: {string.Join(", ", calls.Select(c => c.Ending))}");
        }

        public void Dispose()
        {
            _vault.Dispose();
            _identity.Dispose();
            Directory.Delete(_data, recursive: true);
        }
    }
}
