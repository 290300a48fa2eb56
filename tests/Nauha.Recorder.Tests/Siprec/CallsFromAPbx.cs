using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Drivers.Siprec;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>Recorded calls as a PBX sends them, in real time, over a real connection and real sockets on loopback.</summary>
[Collection("real time")]
public sealed class CallsFromAPbx
{
    private static readonly Announcement Known = Announcement.Bundled(["fi"]);

    private static readonly short[] Said = Array.ConvertAll(Known.Samples, sample => short.CreateSaturating(sample * 0.4f * 32_768));

    /// <summary>The recorder's own loop on lines of a trunk, until it is stopped.</summary>
    private sealed class Recorder : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _running;
        private readonly SiprecTrunks _trunks;

        public Recorder(Box box, TrunkOptions trunk, int lines = 1, string? local = "@pbx.example")
        {
            Vault = box.OpenVault();
            _trunks = new(new Dictionary<string, TrunkOptions> { ["pbx"] = trunk }, TimeProvider.System, NullLogger.Instance);
            Lines = [.. Enumerable.Range(1, lines).Select(number => new LineKeeper(new(number), () => _trunks.Open(new(number), "pbx-extension", new() { Trunk = "pbx", LocalUris = local }), box.Settings(LineProfile.PbxExtension) with { WaitsForRoom = false }, Vault, TimeProvider.System, NullLogger.Instance))];
            _running = [.. Lines.Select(line => Task.Run(() => line.RunAsync(_stop.Token)))];
        }

        public CallVault Vault { get; }

        public List<LineKeeper> Lines { get; }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_running);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await _trunks.DisposeAsync();
            Vault.Dispose();
            _stop.Dispose();
        }
    }

    /// <summary>Sends both streams in real time: the caller's samples on the first, the agent's on the second.</summary>
    private static async Task TalkAsync(TrialCall call, ReadOnlyMemory<short> caller, ReadOnlyMemory<short> agent, Func<int, bool>? lost = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i * 160 < Math.Max(caller.Length, agent.Length); i++)
        {
            while (clock.ElapsedMilliseconds < i * 20) await timer.WaitForNextTickAsync();
            foreach (var (samples, stream) in new[] { (caller, 0), (agent, 1) })
            {
                var block = new short[160];
                if (i * 160 < samples.Length) samples.Span.Slice(i * 160, Math.Min(160, samples.Length - (i * 160))).CopyTo(block);
                call.Send(stream, block, lost?.Invoke(i) == true);
            }
        }
    }

    private static short[] Voice(double seconds, bool far) => Array.ConvertAll((far ? Talk.Bundled.Far : Talk.Bundled.Near)[..(int)(seconds * 8_000)], sample => short.CreateSaturating(sample * 32_768));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!holds()) await look.WaitForNextTickAsync(patience.Token);
    }

    [Fact]
    public async Task A_call_is_recorded_from_the_pbxs_announcement_on_with_the_number_that_the_metadata_names()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        await using var recorder = new Recorder(box, pbx.Trunk);
        (await pbx.RegisterAsync()).ShouldContain("+sip.srs");
        await UntilAsync(() => recorder.Lines[0].Snapshot.Heard > 0);
        using var call = pbx.Call();
        var answer = await call.InviteAsync();
        answer.ShouldStartWith("SIP/2.0 200");
        answer.ShouldContain("a=recvonly");
        answer.ShouldContain("a=label:2");
        short[] caller = [.. Said, .. new short[1_600], .. Voice(3, far: true)];
        short[] agent = [.. new short[Said.Length + 1_600], .. Voice(3, far: false)];
        await TalkAsync(call, caller, agent);
        (await call.ByeAsync()).ShouldStartWith("SIP/2.0 200");
        await UntilAsync(() => recorder.Lines[0].Snapshot.Phase == CallPhase.Idle && recorder.Lines[0].Snapshot.CallNumber is null);
        await recorder.StopAsync();
        var account = box.Accounts(recorder.Vault).ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded);
        (account.Facts.Party?.Text, account.Facts.Agent?.Text, account.Facts.Direction).ShouldBe(("+358409990123", "desk-1", null));
        var (samples, _, _) = box.Listen(account.File!);
        (samples.Length / 8_000.0).ShouldBe(3.2, 0.3);
        // What both said, mixed: 100 ms after another, wherever the machine's own pauses have put it.
        var said = Enumerable.Range(0, 24_000).Select(i => short.CreateSaturating(Voice(3, true)[i] + Voice(3, false)[i])).ToArray();
        Best(samples, said.AsSpan(8_000, 8_000)).ShouldBeGreaterThan(0.8);
    }

    private static double Best(short[] heard, ReadOnlySpan<short> said)
    {
        var best = 0.0;
        for (var at = 0; at + said.Length <= heard.Length; at++) best = Math.Max(best, Audio.Sound.Correlation(said, heard.AsSpan(at, said.Length)));
        return best;
    }
}
