using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>A flash that fills up: what goes, in which order, what never goes, what is said, and how it goes on.</summary>
public sealed class FullFlash : IDisposable
{
    private const int CallBytes = 232 + (4 * 2_080) + 544 + 128;
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly Said _log = new();
    private ulong _seq;

    public void Dispose() => _box.Dispose();

    /// <summary>Room for so many closed calls above the reserve, whatever the disk under it has.</summary>
    private sealed class Calls(CallVault vault, int most) : FlashRoom("/")
    {
        private long Own => vault.Read(index => index.Calls.Where(c => c.Recording is not null && vault.FileOf(c) is not null).Sum(c => c.Recording!.Bytes));

        public override long FreeBytes => Reserve + ((long)most * CallBytes) - Own;

        public override int UsedPercent => (int)(Own * 100 / ((long)most * CallBytes));

        public override void Count()
        {
        }
    }

    private CallVault Open(string? data = null) => CallVault.Open(data ?? _box.Data, _box.Identity, true, _time, _log);

    [Fact]
    public async Task From_80_percent_on_what_central_has_goes_oldest_first_and_only_as_much_as_is_needed()
    {
        using var vault = Open();
        vault.Room = new Calls(vault, 10);
        var calls = new List<JournalCall>();
        for (var i = 0; i < 8; i++) calls.Add(await RecordAsync(vault));
        foreach (var i in new[] { 5, 1, 3, 6 }) Receipted(vault, calls[i]);
        vault.Sweep().ShouldBe(0);
        Here(vault, calls).ShouldBe([0, 2, 3, 4, 5, 6, 7], "the oldest that central has, long before its seven days");
        calls.Add(await RecordAsync(vault));
        vault.Sweep();
        Here(vault, calls).ShouldBe([0, 2, 4, 5, 6, 7, 8]);
        vault.Room.Level.ShouldBe(FlashLevel.Good);
        _log.Lines.ShouldBeEmpty();
        for (var i = 0; i < 2; i++) calls.Add(await RecordAsync(vault));
        vault.Sweep();
        Here(vault, calls).ShouldBe([0, 2, 4, 7, 8, 9, 10], "down to below 80 %");
        VaultCheck.Run(vault).ShouldBeEmpty();
        FaultTable.Tried("Full flash", "80 % of the flash, copies that central has", "the oldest of them go, as many as are needed");
    }

    [Fact]
    public async Task What_central_has_not_never_goes_for_room_and_the_alarm_is_louder_at_90_percent()
    {
        using var vault = Open();
        vault.Room = new Calls(vault, 10);
        var calls = new List<JournalCall>();
        for (var i = 0; i < 7; i++) calls.Add(await RecordAsync(vault));
        vault.Sweep();
        _log.Lines.ShouldBeEmpty();
        calls.Add(await RecordAsync(vault));
        vault.Sweep();
        vault.Sweep();
        _log.Lines.ShouldHaveSingleItem().ShouldBe((LogLevel.Warning, 4106), "once, not every ten seconds");
        calls.Add(await RecordAsync(vault));
        vault.Sweep();
        _log.Lines.ShouldBe([(LogLevel.Warning, 4106), (LogLevel.Error, 4107)]);
        calls.Add(await RecordAsync(vault));
        vault.Sweep();
        _log.Lines.Count.ShouldBe(2, "once");
        _time.Pass(TimeSpan.FromDays(100));
        vault.Sweep();
        Here(vault, calls).Count.ShouldBe(10);
        Receipted(vault, calls[4]);
        Receipted(vault, calls[5]);
        vault.Sweep();
        Here(vault, calls).ShouldBe([0, 1, 2, 3, 6, 7, 8, 9]);
        _log.Lines[^1].ShouldBe((LogLevel.Information, 4109));
        FaultTable.Tried("Full flash", "80 and 90 %, nothing that central has", "nothing goes; an alarm, and a louder one");
    }

    [Fact]
    public async Task A_full_flash_numbers_calls_and_room_that_comes_back_is_used_at_once_also_with_a_clock_in_doubt()
    {
        using var vault = Open();
        vault.Room = new Calls(vault, 2);
        var calls = new List<JournalCall> { await RecordAsync(vault), await RecordAsync(vault), await RecordAsync(vault) };
        calls.Select(c => c.Ending).ShouldBe([Ending.Recorded, Ending.Recorded, Ending.Recorded]);
        calls.Add(await RecordAsync(vault));
        calls[^1].Ending.ShouldBe(Ending.Failed(EndingCode.NoSpace));
        calls[^1].Recording.ShouldBeNull();
        vault.Sweep();
        _log.Lines.ShouldContain((LogLevel.Error, 4108));
        Receipted(vault, calls[0]);
        Receipted(vault, calls[1]);
        _time.Wall = DateTimeOffset.UnixEpoch;
        vault.Clock.IsDoubtful.ShouldBeTrue();
        vault.Sweep();
        Here(vault, calls).ShouldBe([2]);
        calls.Add(await RecordAsync(vault));
        calls[^1].Ending.ShouldBe(Ending.Recorded);
        calls.Select(c => c.CallNumber).ShouldBe([1ul, 2, 3, 4, 5]);
        VaultCheck.Run(vault).ShouldBeEmpty();
        FaultTable.Tried("Full flash", "not a byte left, then room again", "calls are numbered: failed, no-space; the next call after that is recorded");
    }

    [Fact]
    public async Task The_keep_time_and_the_most_bytes_are_what_the_configuration_says()
    {
        using var vault = Open();
        var call = await RecordAsync(vault);
        Receipted(vault, call);
        vault.KeepFor = TimeSpan.FromDays(1);
        _time.Pass(TimeSpan.FromHours(23));
        vault.Sweep();
        Here(vault, [call]).ShouldBe([0]);
        _time.Pass(TimeSpan.FromHours(2));
        vault.Sweep();
        Here(vault, [call]).ShouldBeEmpty();

        // The journal counts too: what the vault has is what its folder has.
        call = await RecordAsync(vault);
        var own = new DirectoryInfo(CallVault.FolderOf(_box.Data)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
        var room = new FlashRoom(_box.Data, FlashRoom.Reserve + own);
        room.Count();
        (room.FreeBytes, room.IsFull).ShouldBe((FlashRoom.Reserve, false));
        vault.Room = room;
        var next = await RecordAsync(vault);
        next.Ending.ShouldBe(Ending.Recorded, "counted at the next sweep");
        vault.Sweep();
        room.IsFull.ShouldBeTrue();
        (await RecordAsync(vault)).Ending.ShouldBe(Ending.Failed(EndingCode.NoSpace));
        Receipted(vault, call);
        vault.Room = new FlashRoom(_box.Data, own + (CallBytes / 2));
        vault.Sweep();
        Here(vault, [call, next]).ShouldBe([1]);
    }

    [Fact]
    public async Task After_a_restore_of_central_a_copy_that_is_gone_is_no_finding_and_what_is_left_stays()
    {
        using var vault = Open();
        vault.Room = new Calls(vault, 1);
        var calls = new List<JournalCall> { await RecordAsync(vault), await RecordAsync(vault) };
        Receipted(vault, calls[0]);
        vault.Sweep();
        var order = new SignedOrder(_box.Fleet, _box.Appliance, 1, 1, new byte[16], new Order.Offer(2), 60, null);
        vault.Obey(order.Order, Envelope.Seal(PayloadTypes.Command, order.ToPayload(), _box.Commands)).ShouldBeNull();
        Receipted(vault, calls[1]);
        vault.Sweep();
        Here(vault, calls).ShouldBe([1], "a receipt of the store as it was before frees nothing");
        VaultCheck.Run(vault).ShouldBeEmpty();
        using var again = Open();
        VaultCheck.Run(again).ShouldBeEmpty();
    }

    [Fact]
    public async Task On_a_file_system_that_others_fill_up_it_is_the_same_down_to_the_last_byte()
    {
        var mount = Directory.CreateTempSubdirectory("nauha-small-").FullName;
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=200m", "none", mount) == 0, "this machine does not allow mounts");
        try
        {
            var data = Path.Combine(mount, "recorder");
            Directory.CreateDirectory(data);
            Trial.Copy(_box.Data, data);
            using var identity = BoxIdentity.Load(data);
            using var vault = CallVault.Open(data, identity, true, _time, _log);
            var others = Path.Combine(mount, "others");
            // Two receipted calls of 6 MB each; others take 170 of 200 MB.
            var calls = new List<JournalCall> { await RecordAsync(vault, 3_000), await RecordAsync(vault, 3_000), await RecordAsync(vault) };
            Receipted(vault, calls[0]);
            Receipted(vault, calls[1]);
            Fill(others, 150L << 20);
            vault.Room.Level.ShouldBe(FlashLevel.High);
            vault.Sweep();
            Here(vault, calls).ShouldBe([1, 2]);
            vault.Room.Level.ShouldBe(FlashLevel.Good);

            Fill(others, 169L << 20);
            vault.Sweep();
            Here(vault, calls).ShouldBe([2]);
            (await RecordAsync(vault)).Ending.ShouldBe(Ending.Failed(EndingCode.NoSpace), "less than the reserve is free");
            _log.Lines.ShouldContain((LogLevel.Error, 4108));

            // Not even the journal's reserve was respected: no number can be given, and that is said.
            var errors = _log.Lines.Count(l => l.Level == LogLevel.Error);
            Fill(others, 210L << 20);
            await Should.ThrowAsync<VaultException>(() => RecordAsync(vault));
            _log.Lines.Count(l => l.Level == LogLevel.Error).ShouldBeGreaterThan(errors);

            Fill(others, 100L << 20);
            vault.Sweep();
            var after = await RecordAsync(vault);
            (after.CallNumber, after.Ending).ShouldBe((5ul, Ending.Recorded));
            VaultCheck.Run(vault).ShouldBeEmpty();
            using var again = CallVault.Open(data, identity, true, _time, _log);
            VaultCheck.Run(again).ShouldBeEmpty();
        }
        finally
        {
            await RunAsync("umount", mount);
            Directory.Delete(mount);
        }
        FaultTable.Tried("Full flash", "a file system of 200 MB that others fill", "the same, down to its last byte");
    }

    // As the recorder's own writer does it, from number to end.
    private async Task<JournalCall> RecordAsync(CallVault vault, int frames = 4)
    {
        var ticket = Task.Run(() => vault.Start(new(1), Direction.Incoming));
        var call = new OpenCall(vault, ticket, 32, _log);
        call.Told(new StreamInfo { PreSkip = 52, Source = "simulated" }, new RecordFacts());
        for (var i = 0; i < frames; i++)
        {
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var frame = new RecordedFrame(_ => written.TrySetResult()) { FirstSample = i * 4_000L, Samples = 4_000, Length = 1_500 };
            RandomNumberGenerator.Fill(frame.Buffer.AsSpan(0, 1_500));
            call.Keep(frame);
            await written.Task;
        }
        call.End(Ending.Recorded, new RecordFacts());
        await call.Written;
        var number = await ticket;
        return vault.Read(index => index.Find(number.Call)!);
    }

    private void Receipted(CallVault vault, JournalCall call)
    {
        var receipt = new Receipt
        {
            Fleet = _box.Fleet,
            Appliance = _box.Appliance,
            Seq = ++_seq,
            Prev = new byte[32],
            StoreEpoch = 1,
            Call = call.Call,
            What = ReceiptSubject.Recording,
            Sha256 = call.Recording!.Sha256,
            Bytes = call.Recording.Bytes,
            Result = ReceiptResult.Stored,
            Checkpoint = "",
            AtMs = _time.Wall.ToUnixTimeMilliseconds(),
        };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }

    private static List<int> Here(CallVault vault, List<JournalCall> calls) => [.. Enumerable.Range(0, calls.Count).Where(i => vault.FileOf(calls[i]) is not null)];

    // What a full disk does not take any more is left out.
    private static void Fill(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 0);
        file.SetLength(Math.Min(file.Length, bytes));
        file.Seek(0, SeekOrigin.End);
        foreach (var piece in new[] { 1 << 20, 4_096 })
        {
            var zeros = new byte[piece];
            try
            {
                while (file.Length + piece <= bytes) file.Write(zeros);
            }
            catch (IOException)
            {
                // full
            }
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>What was said from information on, by level and event.</summary>
    private sealed class Said : ILogger
    {
        private readonly List<(LogLevel Level, int Event)> _lines = [];

        public IReadOnlyList<(LogLevel Level, int Event)> Lines
        {
            get
            {
                lock (_lines) return [.. _lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines) _lines.Add((logLevel, eventId.Id));
        }
    }
}
