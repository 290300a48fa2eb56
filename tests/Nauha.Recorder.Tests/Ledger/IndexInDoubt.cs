using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Tests.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Ledger;

/// <summary>An index that is damaged, or knows more than the vault: it costs no call and no number.</summary>
public sealed class IndexInDoubt
{
    [Fact]
    public async Task An_entry_that_is_not_what_was_written_sets_the_file_aside_and_recording_goes_on_meanwhile()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance)) await IndexOfCalls.Calls(vault, 5);
        var path = CallLedger.PathOf(box.Data);
        using (var database = new LiteDB.LiteDatabase(path))
        {
            var calls = database.GetCollection("calls");
            var third = calls.FindOne(LiteDB.Query.EQ("number", 3));
            third["outcome"] = "recorded";
            calls.Update(third);
        }
        using var doubts = new Doubts();
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, doubts))
        {
            doubts.Came.Wait();
            // The index is being made anew, and is held there: calls get their numbers all the same.
            await IndexOfCalls.Calls(vault, 3);
            vault.Read(index => index.Calls.Count).ShouldBe(8);
            doubts.GoOn.Set();
            (await ledger.ListAsync()).Select(c => (c.CallNumber, c.Outcome)).ShouldBe(Enumerable.Range(1, 8).Select(i => ((ulong)i, "missed")));
        }
        File.Exists(path + ".doubted").ShouldBeTrue();
        using var after = box.OpenVault();
        CallLedger.Differences(box.Data, after).ShouldBeEmpty();
        FaultTable.Tried("Index", "an entry that is not what was written", "the file is set aside; recording goes on meanwhile");
    }

    [Fact]
    public async Task An_index_that_can_be_neither_opened_nor_made_costs_no_call_and_is_tried_again()
    {
        using var box = new Box();
        var path = CallLedger.PathOf(box.Data);
        Directory.CreateDirectory(Path.Combine(path, "in-the-way"));
        using var vault = box.OpenVault();
        using var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance);
        await IndexOfCalls.Calls(vault, 3);
        await Should.ThrowAsync<Nauha.Recorder.Vault.VaultException>(ledger.ListAsync);
        ledger.IsBroken.ShouldBeTrue();
        vault.Read(index => index.Calls.Count).ShouldBe(3);
        foreach (var there in new[] { path, path + ".doubted" })
            if (Directory.Exists(there)) Directory.Delete(there, recursive: true);
        (await ledger.ListAsync()).Count.ShouldBe(3);
        await IndexOfCalls.Calls(vault, 1);
        (await ledger.ListAsync()).Count.ShouldBe(4);
        FaultTable.Tried("Index", "an index that can be neither opened nor made", "no call is lost; tried again");
    }

    [Theory]
    [InlineData("")]
    [InlineData("-log")]
    public async Task A_block_that_a_bad_card_changed_anywhere_in_the_index_or_in_its_log_costs_no_call(string end)
    {
        const int places = 12, block = 512;
        using var box = new Box();
        var path = CallLedger.PathOf(box.Data);
        byte[] database, log;
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance))
        {
            await IndexOfCalls.Calls(vault, 40);
            (await ledger.ListAsync()).Count.ShouldBe(40);
            // As a kill leaves them: an orderly end empties the log.
            (database, log) = (Bytes(path), Bytes(path + "-log"));
        }
        var whole = end.Length == 0 ? database : log;
        whole.Length.ShouldBeGreaterThan(places * block);
        for (var i = 0; i < places; i++)
        {
            var damaged = whole.ToArray();
            damaged.AsSpan(i * (whole.Length - block) / (places - 1), block).Fill(0xA5);
            await File.WriteAllBytesAsync(path, end.Length == 0 ? damaged : database);
            await File.WriteAllBytesAsync(path + "-log", end.Length == 0 ? log : damaged);
            using var vault = box.OpenVault();
            using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance))
                (await ledger.ListAsync().WaitAsync(TimeSpan.FromMinutes(2))).Select(c => (c.CallNumber, c.Outcome)).ShouldBe(Enumerable.Range(1, 40).Select(n => ((ulong)n, "missed")), $"place {i + 1} of {places}");
            CallLedger.Differences(box.Data, vault).ShouldBeEmpty($"place {i + 1} of {places}");
        }

        static byte[] Bytes(string path)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        FaultTable.Tried("Index", "a block of the index or of its log changed, in 12 places each", "made anew from the vault; no call is lost");
    }

    [Fact]
    public async Task A_call_that_the_index_alone_knows_is_said_and_neither_a_start_nor_a_repair_takes_it_away()
    {
        using var box = new Box();
        var time = new Vault.TwoClocks(TimeProvider.System.GetUtcNow());
        var data = box.Data;
        Nauha.Recorder.Vault.CallVault Open() => Nauha.Recorder.Vault.CallVault.Open(data, box.Identity, true, time, NullLogger.Instance);
        var journal = "";
        byte[] before;
        using (var vault = Open())
        using (var ledger = CallLedger.Open(data, vault, NullLogger.Instance))
        {
            await IndexOfCalls.Calls(vault, 2);
            journal = Directory.EnumerateFiles(Nauha.Recorder.Vault.CallVault.FolderOf(data), "records", SearchOption.AllDirectories).Single();
            before = await File.ReadAllBytesAsync(journal);
            await IndexOfCalls.Calls(vault, 1);
            (await ledger.ListAsync()).Count.ShouldBe(3);
        }
        await File.WriteAllBytesAsync(journal, before);
        for (var start = 0; start < 2; start++)
        {
            using var vault = Open();
            CallLedger.Differences(data, vault).ShouldHaveSingleItem().ShouldStartWith("Line 1, call 3: it is in the index alone");
            using var ledger = CallLedger.Open(data, vault, NullLogger.Instance);
            (await ledger.ListAsync()).Count.ShouldBe(3);
            (await ledger.ReindexAsync()).ShouldBe(3);
        }
        time.Pass(TimeSpan.FromDays(200));
        using var late = Open();
        late.Clock.Confirm(time.Wall.ToUnixTimeMilliseconds());
        late.Sweep();
        CallLedger.Differences(data, late).ShouldNotContain(f => f.Contains("alone", StringComparison.Ordinal), "its day is over");
        using var last = CallLedger.Open(data, late, NullLogger.Instance);
        (await last.ListAsync()).ShouldAllBe(c => c.Outcome == "expired-unsent");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_vault_that_was_emptied_beside_its_index_gives_no_number_again_though_central_is_away(bool andRemade)
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance))
        {
            await IndexOfCalls.Calls(vault, 3);
            (await ledger.ListAsync()).Count.ShouldBe(3);
        }
        Directory.Delete(Nauha.Recorder.Vault.CallVault.FolderOf(box.Data), recursive: true);
        for (var start = 0; start < (andRemade ? 2 : 1); start++)
        {
            using var emptied = box.OpenVault();
            using var index = CallLedger.Open(box.Data, emptied, NullLogger.Instance);
            await index.Looked;
            if (start == 0 && andRemade) await index.ReindexAsync();   // what nothing but the index knows is carried over
            else emptied.Start(new(1), Direction.Incoming).CallNumber.ShouldBe(4ul);
        }
        FaultTable.Tried("State and numbers", "the vault emptied, the index of calls left, central away", "no number that the index knows is given again");
    }

    /// <summary>Holds the owner's thread at the word that the index is in doubt.</summary>
    private sealed class Doubts : Microsoft.Extensions.Logging.ILogger, IDisposable
    {
        public ManualResetEventSlim Came { get; } = new();

        public ManualResetEventSlim GoOn { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id != 4501) return;
            Came.Set();
            GoOn.Wait();
        }

        public void Dispose()
        {
            Came.Dispose();
            GoOn.Dispose();
        }
    }
}
