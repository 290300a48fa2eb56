using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Tests.Vault;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Sync;

/// <summary>Recordings on bad places of the card hold up nothing that can be read, through a real broker.</summary>
public sealed class WhatCannotBeRead
{
    private const int Bad = 6;      // more than are under way at once

    [Fact]
    public async Task Recordings_that_cannot_be_read_are_said_once_and_the_next_one_is_sent()
    {
        await using var broker = new SpyBroker();
        using var box = new Box(broker: broker);
        var (disk, log) = (new TrialDisk(), new Alarms());
        using var vault = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, NullLogger.Instance, false, disk);
        var files = new List<string>();
        for (var i = 0; i <= Bad; i++)
        {
            var ticket = vault.Start(new(1), Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, new() { PreSkip = 52, Source = "simulated" });
            recording.Append(new(static _ => { }) { FirstSample = 0, Samples = 4_000, Length = 1_500 });
            vault.End(ticket, Ending.Recorded, recording.Close(), new RecordFacts());
            files.Add(vault.FileOf(vault.Read(index => index.Find(ticket.Call))!)!);
        }
        disk.Unreadable = (path, _) => files.IndexOf(path) is >= 0 and < Bad;
        await broker.StartAsync(box);
        using var logs = LoggerFactory.Create(l => l.AddProvider(new To(log)));
        using var sync = new SyncService(vault, box.Data, TimeProvider.System, logs.CreateLogger<SyncService>());
        await sync.StartAsync(CancellationToken.None);
        await broker.WholeRecording.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await sync.StopAsync(CancellationToken.None);
        log.Errors.Count(e => e.Contains("cannot be read and is not sent", StringComparison.Ordinal)).ShouldBe(Bad);
        FaultTable.Tried("Places that cannot be read", "recordings that are to be sent", "said once; the next ones are sent");
    }

    private sealed class To(ILogger log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
            // a list
        }
    }
}
