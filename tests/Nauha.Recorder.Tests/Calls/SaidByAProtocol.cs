using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>A line whose calls a protocol announces, as fast as the machine can: hold, joins and numbers that are said in mid-call.</summary>
public sealed class SaidByAProtocol
{
    private static readonly Announcement Known = Announcement.Bundled(["fi"]);

    private static readonly SignalledCall Call = new(PhoneNumber.TryParse("0409990123", out var number) ? number : default, Direction.Incoming);

    private static short[] Said => Array.ConvertAll(Known.Samples, sample => short.CreateSaturating(sample * 0.4f * 32_768));

    // Talk with pauses, one voice: what 30 s of a call sound like.
    private static short[] Talk(double seconds) => Array.ConvertAll(Simulation.Talk.Bundled.Near[..(int)(seconds * 8_000)], sample => short.CreateSaturating(sample * 32_768));

    private static short[] Silence(double seconds) => new short[(int)(seconds * 8_000)];

    private sealed class Script((SignalledCall? Call, short[] Samples)[] parts) : ILineSource
    {
        private readonly Queue<(SignalledCall? Call, short[] Samples)> _blocks = new(parts.Prepend((null, Silence(0.1))).Append((null, Silence(2))).SelectMany(part => part.Samples.Chunk(160).Where(block => block.Length == 160).Select(block => (part.Call, block))));
        private long _at;

        public Action<long>? Each { get; set; }

        public LineId Line => new(1);

        public HookSource HookSource => HookSource.Signalling;

        public double DbvAtFullScale => 0.9;

        public double InjectionDbvAtFullScale => 0;

        public string Profile => "pbx-extension";

        public bool Simulated => true;

        public bool CanInject => false;

        public int InjectionPending => 0;

        public ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
        {
            if (!_blocks.TryDequeue(out var next)) return ValueTask.FromResult(false);
            Each?.Invoke(_at);
            next.Samples.CopyTo(block.Samples, 0);
            (block.FirstSample, block.HandsetUp, block.Signalled, _at) = (_at, next.Call is not null, next.Call, _at + 160);
            return ValueTask.FromResult(true);
        }

        public int Inject(ReadOnlySpan<short> samples) => 0;

        public void StopInjection()
        {
            // it says nothing
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static async Task<Account> RunAsync(Box box, (SignalledCall? Call, short[] Samples)[] parts, Action<LineConductor, long>? each = null)
    {
        using var vault = box.OpenVault();
        var script = new Script(parts);
        using var conductor = new LineConductor(script, box.Settings(LineProfile.PbxExtension), vault, NullLogger.Instance);
        script.Each = at => each?.Invoke(conductor, at);
        await conductor.RunAsync(CancellationToken.None);
        return box.Accounts(vault).ShouldHaveSingleItem();
    }

    // Where nothing was kept within the recording: from and length, in seconds of the call.
    private static List<(double From, double Length)> Gaps(List<OpenedFrame> frames) =>
        [.. frames.Zip(frames.Skip(1)).Select(pair => ((double)(pair.First.FirstSample + pair.First.Samples) / 8_000, (double)(pair.Second.FirstSample - pair.First.FirstSample - pair.First.Samples) / 8_000)).Where(gap => gap.Item2 > 0.02)];

    [Fact]
    public async Task A_call_is_told_recorded_and_named_as_the_protocol_says()
    {
        using var box = new Box { Known = Known };
        var account = await RunAsync(box, [(Call, [.. Said, .. Talk(4)])]);
        (account.Call.Ending, account.Facts.Party?.Text, account.Facts.Direction).ShouldBe((Ending.Recorded, "0409990123", Direction.Incoming));
        var (samples, first, _) = box.Listen(account.File!);
        ((double)first).ShouldBe(Said.Length, 8);
        ((double)samples.Length).ShouldBe(4 * 8_000, 200);
    }

    [Fact]
    public async Task A_short_hold_is_silence_of_its_length_and_the_call_goes_on()
    {
        using var box = new Box { Known = Known };
        var account = await RunAsync(box, [(Call, [.. Said, .. Talk(3)]), (Call with { Held = true }, Silence(4)), (Call, Talk(3))]);
        var (_, _, frames) = box.Listen(account.File!);
        Gaps(frames).ShouldBeEmpty();
        var hold = frames.SelectMany(frame => frame.Events).Concat(box.Ended).Where(e => e.What == "hold").ShouldHaveSingleItem();
        ((double)hold.Samples).ShouldBe(4 * 8_000, 320);
    }

    [Fact]
    public async Task After_ten_seconds_of_hold_nothing_is_kept_until_the_announcement_was_heard_again()
    {
        using var box = new Box { Known = Known };
        var account = await RunAsync(box, [(Call, [.. Said, .. Talk(3)]), (Call with { Held = true }, Silence(12)), (Call, [.. Talk(3), .. Said, .. Talk(2)])]);
        account.Call.Ending.ShouldBe(Ending.Recorded);
        var (_, _, frames) = box.Listen(account.File!);
        var (from, length) = Gaps(frames).ShouldHaveSingleItem();
        var said = Said.Length / 8_000.0;
        from.ShouldBe(said + 3 + 10, 0.1);
        (from + length).ShouldBe(said + 3 + 12 + 3 + said, 0.01);
    }

    [Fact]
    public async Task Without_its_being_said_again_the_rest_is_not_kept_and_what_was_kept_stays()
    {
        using var box = new Box { Known = Known };
        var account = await RunAsync(box, [(Call, [.. Said, .. Talk(3)]), (Call with { Joins = 1 }, Talk(6))]);
        account.Call.Ending.ShouldBe(Ending.Recorded);
        ((double)box.Listen(account.File!).Samples.Length).ShouldBe(3 * 8_000, 320);
    }

    [Fact]
    public async Task Whoever_joins_during_the_announcement_has_not_heard_it_all()
    {
        using var box = new Box { Known = Known };
        var half = Said.Length / 320 * 160;
        var account = await RunAsync(box, [(Call, Said[..half]), (Call with { Joins = 1 }, [.. Said[half..], .. Talk(3)])]);
        (account.Call.Ending, account.File).ShouldBe((Ending.Failed(EndingCode.NotHeard), null));
    }

    [Fact]
    public async Task The_agents_own_hold_key_works_beside_what_the_protocol_says()
    {
        using var box = new Box { Known = Known };
        var pressed = 0;
        var begins = (long)(((Said.Length / 8_000.0) + 2) * 8_000);
        var account = await RunAsync(box, [(Call, [.. Said, .. Talk(2), .. Silence(4), .. Talk(2)])], (line, at) =>
        {
            if (at < begins + 800 || pressed++ > 0) return;
            line.Hold();
        });
        var (_, _, frames) = box.Listen(account.File!);
        frames.SelectMany(frame => frame.Events).Concat(box.Ended).Where(e => e.What == "hold").ShouldHaveSingleItem().Samples.ShouldBeGreaterThan(3ul * 8_000);
    }
}
