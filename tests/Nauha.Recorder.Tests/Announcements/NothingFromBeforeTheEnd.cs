using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Line;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Status;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Announcements;

/// <summary>
/// Laws 1 and 3 on everything that the box lets out of its memory: every file of its data folder, looked at again and again
/// while a call goes on, every message through a real broker, and every sealed frame, opened with central's keys.
/// </summary>
public sealed class NothingFromBeforeTheEnd
{
    private const string Caller = "0409990123", Card = "4929123456789012", Dialled = "0509990456";

    // Noise that is nothing else: loud before the announcement, quiet under it so that the proof holds, loud in its very
    // last 15 ms, up to the last sample.
    private static IReadOnlyList<Sound> Markers()
    {
        var length = 2_000 + Announcement.Bundled(["fi", "sv"]).Samples.Length;
        return
        [
            new(Cue.Lifted, 0.05, Side.Near, Noise(7_000, 0.10f, 1)), new(Cue.Lifted, 0.05, Side.Far, Noise(7_000, 0.05f, 2)),
            new(Cue.Announced, 0, Side.Near, Noise(length - 1, 0.006f, 3)),
            new(Cue.Announced, (length - 120) / 8_000.0, Side.Near, Noise(120, 0.5f, 4)),
        ];
    }

    private static float[] Noise(int samples, float level, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, samples).Select(_ => ((float)random.NextDouble() - 0.5f) * 2 * level)];
    }

    private sealed class Seen
    {
        public ConcurrentDictionary<string, byte[]> Files { get; } = new();

        public ConcurrentQueue<string> Log { get; } = new();

        public required ExchangeLine Line { get; init; }

        public required List<Account> Calls { get; init; }

        public IEnumerable<(string Where, byte[] Bytes)> Everything(SpyBroker broker) =>
            Files.Select(f => (f.Key, f.Value)).Concat(broker.Messages.Select(m => (m.Topic, m.Payload))).Concat(broker.Messages.Select(m => (m.Topic, Encoding.UTF8.GetBytes(m.Topic)))).Append(("log", Encoding.UTF8.GetBytes(string.Join("\n", Log))));
    }

    // The recorder's slices as the program wires them, on one line; a second reader takes a copy of every file at each half second.
    private static async Task<Seen> RunAsync(Box box, SpyBroker broker, params CallScript[] calls)
    {
        await broker.StartAsync(box);
        var exchange = new ExchangeLine(PortProfile.Ata, calls, seed: 7) { KeepsEars = true };
        var log = new ConcurrentQueue<string>();
        using var logs = LoggerFactory.Create(l => l.AddProvider(new Listener(log)).SetMinimumLevel(LogLevel.Trace));
        using var vault = box.OpenVault();
        using var ledger = CallLedger.Open(box.Data, vault, logs.CreateLogger<CallLedger>());
        var files = new ConcurrentDictionary<string, byte[]>();
        LineKeeper? keeper = null;
        SyncService? started = null;
        keeper = new LineKeeper(new(1), () => new Watched(exchange, async () =>
        {
            Copy(box.Data, files);
            if (started is not { } service || keeper!.Snapshot.Phase != CallPhase.Recording) return;
            // The connection comes up in the middle of the call, so that its progress is told too.
            started = null;
            await service.StartAsync(CancellationToken.None);
            await broker.Progress.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }), box.Settings(), vault, TimeProvider.System, logs.CreateLogger<LineKeeper>());
        using var sync = new SyncService(vault, box.Data, TimeProvider.System, logs.CreateLogger<SyncService>());
        using var status = new StatusFile(box.Data, vault, new(vault, [keeper], sync, [], TimeProvider.System), [], TimeProvider.System);
        started = sync;
        await status.StartAsync(CancellationToken.None);
        await keeper.RunAsync(CancellationToken.None);
        if (started is not null) await sync.StartAsync(CancellationToken.None);
        if (box.Accounts(vault).Any(c => c.File is not null)) await broker.WholeRecording.Task.WaitAsync(TimeSpan.FromSeconds(60));
        else await broker.EndRecord.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await status.StopAsync(CancellationToken.None);
        await sync.StopAsync(CancellationToken.None);
        await ledger.ListAsync();
        Copy(box.Data, files);
        var seen = new Seen { Line = exchange, Calls = box.Accounts(vault) };
        foreach (var file in files) seen.Files[file.Key] = file.Value;
        foreach (var line in log) seen.Log.Enqueue(line);
        return seen;
    }

    private static void Copy(string data, ConcurrentDictionary<string, byte[]> files)
    {
        foreach (var path in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[file.Length];
                file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                files[$"{Path.GetRelativePath(data, path)}#{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..16]}"] = bytes;
            }
            catch (FileNotFoundException)
            {
                // status.json.new, renamed between the listing and the opening
            }
        }
    }

    private static CallScript Incoming => new() { Kind = ScriptKind.Incoming, At = 1, Number = Caller, Sounds = Markers(), Talk = new(new float[8_000 * 6], Talk.Bundled.First(6).Far), Keyed = [(4.5, Card)] };

    [Fact]
    public async Task Not_one_sample_from_before_the_announcements_end_is_in_any_file_any_message_or_any_frame()
    {
        await using var broker = new SpyBroker();
        using var box = new Box(broker: broker);
        var seen = await RunAsync(box, broker, Incoming);
        seen.Calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded, "the marker must not spoil the proof, else nothing is shown");
        seen.Files.Keys.ShouldContain(f => f.EndsWith(".nauha", StringComparison.Ordinal) || f.Contains(".nauha#", StringComparison.Ordinal));
        broker.Messages.Select(m => m.Topic.Split('/')[^1]).Distinct().ShouldBe(["birth", "status", "progress", "record", "part"], ignoreOrder: true, customMessage: "every kind of message was seen");
        var lifted = (int)seen.Line.Truths.First(t => t.What == "lifted").At;
        var before = seen.Line.Pair[lifted..((int)seen.Line.InjectedUntil + 1)];
        var search = new Needles(before);
        foreach (var (where, bytes) in seen.Everything(broker)) search.FindIn(bytes).ShouldBeFalse(where);
        var (samples, first, _) = box.Listen(seen.Calls[0].File!);
        // Frames count from the edge as it was sensed: the first reading of the volts after the lift.
        Told(samples, (lifted / 8 * 8) + 8 + first, seen.Line).ShouldBeNull();
        ((lifted / 8 * 8) + 8 + first).ShouldBe(seen.Line.InjectedUntil + 1, "and not one sample later either");
    }

    [Fact]
    public async Task A_call_that_is_not_told_leaves_nothing_of_itself_anywhere()
    {
        await using var broker = new SpyBroker();
        using var box = new Box(broker: broker);
        var seen = await RunAsync(box, broker, Incoming with { Fault = LineFault.NotHeard });
        seen.Calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Failed(EndingCode.NotHeard));
        seen.Files.Keys.ShouldNotContain(f => f.Contains(".nauha", StringComparison.Ordinal));
        var search = new Needles(seen.Line.Pair);
        foreach (var (where, bytes) in seen.Everything(broker)) search.FindIn(bytes).ShouldBeFalse(where);
    }

    [Fact]
    public async Task No_number_and_no_keyed_digit_is_readable_in_any_file_message_or_line_of_the_log()
    {
        await using var broker = new SpyBroker();
        using var box = new Box(broker: broker);
        var seen = await RunAsync(box, broker, Incoming, new() { Kind = ScriptKind.Missed, At = 40, Number = "0409990777", Rings = 1 }, new() { Kind = ScriptKind.NotAnswered, At = 60, Number = Dialled, Rings = 1 });
        seen.Calls.Select(c => c.Call.Ending).ShouldBe([Ending.Recorded, Ending.Missed, Ending.Excluded(EndingCode.NotAnswered)]);
        // Sealed to the day key stands the one number that the notice names, and no other.
        seen.Calls.Select(c => c.Facts.Party?.Text).ShouldBe([Caller, null, null]);
        foreach (var (where, bytes) in seen.Everything(broker))
            foreach (var needle in new[] { Caller, "0409990777", Dialled, Card }.SelectMany(Written)) bytes.AsSpan().IndexOf(needle).ShouldBe(-1, where);
        seen.Log.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_search_finds_what_it_looks_for_and_one_sample_too_early_is_found()
    {
        await using var broker = new SpyBroker();
        using var box = new Box(broker: broker);
        var seen = await RunAsync(box, broker, Incoming);
        var lifted = (int)seen.Line.Truths.First(t => t.What == "lifted").At;
        var end = (int)seen.Line.InjectedUntil + 1;
        var search = new Needles(seen.Line.Pair[lifted..end]);
        var some = CollectionsMarshal.AsSpan(seen.Line.Pair)[(end - 16)..end].ToArray();
        byte[] Planted(IEnumerable<byte> what) => [.. new byte[37], .. what, .. new byte[11]];
        search.FindIn(Planted(some.SelectMany(BitConverter.GetBytes))).ShouldBeTrue("PCM, little-endian");
        search.FindIn(Planted(some.SelectMany(s => BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(s))))).ShouldBeTrue("PCM, big-endian");
        search.FindIn(Planted(some.Select(G711.ToALaw))).ShouldBeTrue("A-law");
        search.FindIn(Planted(some.Select(G711.ToMuLaw))).ShouldBeTrue("µ-law");
        search.FindIn(Planted(new byte[64])).ShouldBeFalse("silence is nobody's voice");
        // The same pair through the same maker, begun at the end, and one sample before it.
        Told(Kept(seen.Line, end), end, seen.Line).ShouldBeNull();
        Told(Kept(seen.Line, end - 1), end - 1, seen.Line).ShouldNotBeNull();
        Told(Kept(seen.Line, end - 1), end, seen.Line).ShouldNotBeNull("even where the frame lies about its place, the sample is heard");
        Written(Caller).Select(n => Encoding.Latin1.GetString(n)).ShouldContain("+358409990123");
    }

    // What is wrong with a recording: its place, or something that sounds where nobody spoke yet.
    private static string? Told(short[] samples, long at, ExchangeLine line)
    {
        if (at <= line.InjectedUntil) return $"it begins at {at}, the announcement ended at {line.InjectedUntil}";
        var loudest = samples.Take(1_400).Max(s => Math.Abs((int)s));
        return loudest > 60 ? $"{loudest} is heard where nobody spoke" : null;
    }

    private static short[] Kept(ExchangeLine line, int from)
    {
        using var encoder = new OpusEncoder();
        var (memory, made) = (new LineMemory(), new List<RecordedFrame>());
        memory.Write(0, CollectionsMarshal.AsSpan(line.Pair)[..(from + 8_000)]);
        var maker = new FrameMaker(encoder, new FramePool(8), 0);
        maker.Begin(from);
        maker.End(memory, from + 8_000, made.Add);
        using var decoder = new StretchDecoder(encoder.PreSkip, encoder.PacketBytes);
        return [.. made.SelectMany(f => decoder.Decode(f.Packets.Span, f.Samples))];
    }

    // A number as anybody might write it down.
    private static IEnumerable<byte[]> Written(string digits)
    {
        foreach (var form in digits.StartsWith('0') ? new[] { digits, digits[1..], "+358" + digits[1..], "358" + digits[1..] } : [digits])
        {
            yield return Encoding.ASCII.GetBytes(form);
            yield return Encoding.Unicode.GetBytes(form);
            yield return Encoding.BigEndianUnicode.GetBytes(form);
            yield return Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes(form))[..^4]);
            var even = form.Where(char.IsAsciiDigit).Select(c => c - '0').ToArray()[..(form.Count(char.IsAsciiDigit) / 2 * 2)];
            yield return [.. even.Chunk(2).Select(pair => (byte)((pair[0] << 4) | pair[1]))];
            yield return [.. even.Chunk(2).Select(pair => (byte)((pair[1] << 4) | pair[0]))];
        }
    }

    /// <summary>Every stretch of eight bytes that this audio makes as PCM of either order, A-law or µ-law.</summary>
    private sealed class Needles
    {
        private readonly HashSet<ulong> _all = [];

        public Needles(IReadOnlyList<short> audio)
        {
            var samples = audio.ToArray();
            Add([.. samples.SelectMany(BitConverter.GetBytes)], 2);
            Add([.. samples.SelectMany(s => BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(s)))], 2);
            Add([.. samples.Select(G711.ToALaw)], 1);
            Add([.. samples.Select(G711.ToMuLaw)], 1);
        }

        // Only what is a voice: silence and near-silence are everywhere.
        private void Add(byte[] bytes, int step)
        {
            for (var at = 0; at + 8 <= bytes.Length; at += step)
            {
                var eight = bytes.AsSpan(at, 8);
                var different = 0;
                for (var i = 0; i < 8; i++)
                    if (!eight[..i].Contains(eight[i])) different++;
                if (different >= 6) _all.Add(BinaryPrimitives.ReadUInt64LittleEndian(eight));
            }
        }

        public bool FindIn(ReadOnlySpan<byte> bytes)
        {
            for (var at = 0; at + 8 <= bytes.Length; at++)
                if (_all.Contains(BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]))) return true;
            return false;
        }
    }

    private sealed class Listener(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => log.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    private sealed class Watched(ExchangeLine exchange, Func<Task> each) : Nauha.Recorder.Ports.ILineSource
    {
        private readonly SimulatedLine _line = new(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 20));
        private int _idle, _blocks;

        public LineId Line => _line.Line;

        public Nauha.Recorder.Ports.HookSource HookSource => _line.HookSource;

        public double DbvAtFullScale => _line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => _line.InjectionDbvAtFullScale;

        public string Profile => _line.Profile;

        public bool Simulated => true;

        public int InjectionPending => _line.InjectionPending;

        public async ValueTask<bool> ReadAsync(Nauha.Recorder.Ports.SampleBlock block, CancellationToken cancel)
        {
            if (_blocks++ % 25 == 0) await each();
            _idle = exchange.IsOver ? _idle + 1 : 0;
            return _idle <= 500 && await _line.ReadAsync(block, cancel);
        }

        public int Inject(ReadOnlySpan<short> samples) => _line.Inject(samples);

        public void StopInjection() => _line.StopInjection();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
