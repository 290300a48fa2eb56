using System.Diagnostics;
using System.Text.Json;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Tests.Vault;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Device;

/// <summary>The real program with the limits of its storage set from outside: days and bytes.</summary>
public sealed class TheFlashThatItMayUse : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");

    private readonly Box _box = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _patience.Dispose();
        _box.Dispose();
    }

    [Theory]
    [InlineData(128 << 20, true)]
    [InlineData(256 << 20, false)]
    public async Task Bytes_that_the_vault_may_take_are_what_is_said_at_the_start(int most, bool isFull)
    {
        // It is the vault's, nobody knows it, and it leaves less than the journal's reserve of the smaller one.
        Directory.CreateDirectory(CallVault.FolderOf(_box.Data));
        await using (var much = File.Create(Path.Combine(CallVault.FolderOf(_box.Data), "much"))) much.SetLength((128 << 20) - FlashRoom.Reserve + 1);
        var status = await RunAsync(status => status.GetProperty("lines")[0].GetProperty("state").GetString() == "Ringing", "--set", $"storage:maxBytes={most}");
        status.GetProperty("storage").GetProperty("full").GetBoolean().ShouldBe(isFull);
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(9, true)]
    public async Task Days_for_which_a_copy_stays_are_what_is_said_at_the_start(int days, bool stays)
    {
        JournalCall call;
        var came = TimeProvider.System.GetUtcNow().AddDays(-8);
        using (var vault = _box.OpenVault())
        {
            var ticket = vault.Start(new(1), Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52, Source = "simulated" });
            recording.Append(new(static _ => { }) { FirstSample = 0, Samples = 4_000, Length = 1_500 });
            vault.End(ticket, Ending.Recorded, recording.Close(), new RecordFacts());
            call = vault.Read(index => index.Find(ticket.Call)!);
            var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = 1, Prev = new byte[32], StoreEpoch = 1, Call = call.Call, What = ReceiptSubject.Recording, Sha256 = call.Recording!.Sha256, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = came.ToUnixTimeMilliseconds() };
            vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
        }
        // When a receipt came the file system says; before its call, here, which nobody minds.
        foreach (var receipts in Directory.EnumerateFiles(CallVault.FolderOf(_box.Data), "receipts", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(receipts, came.UtcDateTime);
        var path = "";
        using (var vault = _box.OpenVault()) path = vault.FileOf(call).ShouldNotBeNull();
        await RunAsync(status => stays ? status.GetProperty("lines")[0].GetProperty("state").GetString() == "Ringing" : !File.Exists(path), "--set", $"storage:keepDays={days}");
        using var after = _box.OpenVault();
        (after.FileOf(after.Read(index => index.Find(call.Call)!)) is not null).ShouldBe(stays);
    }

    // Runs it until its status is so, and ends it in order.
    private async Task<JsonElement> RunAsync(Func<JsonElement, bool> isSo, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_box.Data, "store.json"), """{"purpose":"demo","createdMs":1,"id":"1"}""");
        var scenario = Path.Combine(_box.Data, "scenario.json");
        await File.WriteAllTextAsync(scenario, """{"version":1,"seed":7,"lines":[{"line":1,"calls":[{"kind":"incoming","at":1,"number":"0401234567"}]}]}""");
        using var process = Process.Start(new ProcessStartInfo(Program, ["run", "--data", _box.Data, "--simulate", scenario, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        try
        {
            var path = Path.Combine(_box.Data, "run", "status.json");
            using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            JsonElement status;
            do await look.WaitForNextTickAsync(_patience.Token);
            while (!File.Exists(path) || !isSo(status = JsonDocument.Parse(await File.ReadAllTextAsync(path)).RootElement));
            await LoopDevice.RunAsync("kill", "-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await process.WaitForExitAsync(_patience.Token);
            process.ExitCode.ShouldBe(0);
            return status;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
