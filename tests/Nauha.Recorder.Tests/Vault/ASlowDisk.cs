using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>A disk that takes its time in mid-call: said before more than a second could be lost unseen, and nothing is lost for it.</summary>
public sealed class ASlowDisk
{
    [Fact]
    public async Task When_a_second_of_audio_waits_for_the_disk_it_is_an_alarm_and_when_the_disk_goes_on_so_does_the_recording()
    {
        using var box = new Box();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var disk = new Gate();
        var log = new Alarms();
        using (var vault = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, log, false, disk))
        {
            var exchange = new ExchangeLine(PortProfile.Ata, [new CallScript { Kind = ScriptKind.Incoming, At = 0.5, Number = "0401234567", Talk = Talk.Bundled.First(12) }], seed: 7);
            await using var line = new SimulatedLine(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 4));
            using var conductor = new LineConductor(line, box.Settings() with { WaitsForRoom = false }, vault, log);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
            var run = conductor.RunAsync(stop.Token);
            await UntilAsync(() => conductor.Snapshot is { SealedBytes: > 4_000, OldestUnsynced.TotalMilliseconds: < 1_000 });
            var before = Slow();
            using var atLast = patience.Token.Register(disk.Open);
            disk.Close();
            await UntilAsync(() => Slow() > before && conductor.Snapshot.OldestUnsyncedMost > TimeSpan.FromSeconds(1));
            disk.Open();
            await UntilAsync(() => exchange.IsOver && conductor.Snapshot.Phase == Nauha.Recorder.Line.CallPhase.Idle);
            conductor.Snapshot.LostSamples.ShouldBe(0);
            await stop.CancelAsync();
            await run.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        using var after = box.OpenVault();
        var call = after.Read(index => index.Calls.Single());
        (call.Ending, call.Recording?.Closing).ShouldBe((Ending.Recorded, Closing.Closed));
        var frames = box.Listen(after.FileOf(call)!).Frames;
        for (var i = 1; i < frames.Count; i++) frames[i].FirstSample.ShouldBe(frames[i - 1].End, "no sample is missing");
        VaultCheck.Run(after).ShouldBeEmpty();

        int Slow() => log.Errors.Count(error => error.Contains("audio waits for the disk", StringComparison.Ordinal));

        async Task UntilAsync(Func<bool> isSo)
        {
            using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (!isSo()) await look.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>A disk that holds every sync while it is closed.</summary>
    private sealed class Gate : IDisk, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(true);

        public void Dispose() => _open.Dispose();

        public void Close() => _open.Reset();

        public void Open() => _open.Set();

        public IDiskFile Create(string path) => new Held(Flash.Real.Create(path), _open);

        public IDiskFile Open(string path) => new Held(Flash.Real.Open(path), _open);

        public IDiskFile OpenToRead(string path) => Flash.Real.OpenToRead(path);

        public void Link(string from, string to) => Flash.Real.Link(from, to);

        public void Rename(string from, string to) => Flash.Real.Rename(from, to);

        public void Delete(string path) => Flash.Real.Delete(path);

        public void CreateFolder(string path) => Flash.Real.CreateFolder(path);

        public void DeleteFolder(string path) => Flash.Real.DeleteFolder(path);

        public void SyncFolder(string path) => Flash.Real.SyncFolder(path);

        private sealed class Held(IDiskFile file, ManualResetEventSlim open) : IDiskFile
        {
            public long Length => file.Length;

            public void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

            public int Read(Span<byte> bytes, long offset) => file.Read(bytes, offset);

            public void SetLength(long length) => file.SetLength(length);

            public void Sync()
            {
                open.Wait();
                file.Sync();
            }

            public void Dispose() => file.Dispose();
        }
    }
}
