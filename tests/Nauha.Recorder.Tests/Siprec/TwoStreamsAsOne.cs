using CsCheck;
using Nauha.Audio;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Siprec;
using Nauha.Recorder.Ports;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>The mixer's time, without a network and without a clock of its own: what comes when becomes which block.</summary>
public sealed class TwoStreamsAsOne
{
    private readonly BlockRing _blocks = new();
    private readonly Mixdown _mix = new(2, 0, 0);
    private readonly List<(long At, short First, int Lost)> _out = [];
    private readonly SampleBlock _block = new();

    private void Give(int stream, int sequence, double now, short value, uint source = 1, uint? timestamp = null)
    {
        var packet = new byte[172];
        packet[0] = 0x80;
        packet[1] = 8;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), unchecked((ushort)sequence));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), timestamp ?? unchecked((uint)(sequence * 160)));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), source);
        packet.AsSpan(12).Fill(G711.ToALaw(value));
        RtpPacket.TryParse(packet, out var read).ShouldBeTrue();
        _mix.Take(stream, read, now);
    }

    private void Take(double now)
    {
        _mix.Release(now, _blocks);
        while (_blocks.TryTake(_block)) _out.Add((_block.FirstSample, _block.Samples[0], _block.LostBefore));
    }

    private static short Coded(short value) => G711.FromALaw(G711.ToALaw(value));

    [Fact]
    public void Both_are_heard_as_one_as_soon_as_both_are_there_across_the_end_of_their_counters()
    {
        for (var i = 0; i < 20; i++)
        {
            Give(0, 65_530 + i, 0.02 * (i + 1), 1_000, timestamp: unchecked(4_294_966_000u + (uint)(160 * i)));
            Give(1, i, 0.02 * (i + 1), 2_000, source: 2);
            Take(0.02 * (i + 1));
        }
        _out.Count.ShouldBe(20);
        _out.Select(block => block.At).ShouldBe(Enumerable.Range(0, 20).Select(i => i * 160L));
        _out.ShouldAllBe(block => block.First == Coded(1_000) + Coded(2_000) && block.Lost == 0);
        _mix.Lost.ShouldBe(0);
    }

    [Fact]
    public void Packets_out_of_order_within_60_ms_take_their_places_and_one_twice_is_one()
    {
        int[] order = [0, 2, 1, 3, 5, 4, 4, 6, 7, 8, 9, 10];
        foreach (var (sequence, i) in order.Select((sequence, i) => (sequence, i)))
        {
            Give(0, sequence, 0.02 * (i + 1), (short)(1_000 * (sequence + 1)));
            Take(0.02 * (i + 1));
        }
        Take(0.3);
        _out.Take(8).Select(block => block.First).ShouldBe(Enumerable.Range(1, 8).Select(i => Coded((short)(1_000 * i))));
        _mix.Lost.ShouldBe(0);
    }

    [Fact]
    public void What_one_loses_is_said_and_the_other_is_kept_and_what_both_lose_is_a_gap_of_its_length()
    {
        for (var i = 0; i < 40; i++)
        {
            var now = 0.02 * (i + 1);
            if (i is not (10 or 20 or 21 or 22)) Give(0, i, now, 1_000);
            if (i is not (20 or 21 or 22)) Give(1, i, now, 2_000, source: 2);
            Take(now);
        }
        _out.Single(block => block.At == 1_600).First.ShouldBe(Coded(2_000));
        _out.Single(block => block.At == 1_600).Lost.ShouldBe(160);
        _out.ShouldNotContain(block => block.At >= 3_200 && block.At < 3_680);
        _out.Single(block => block.At == 3_680).Lost.ShouldBe(480);
        _mix.Lost.ShouldBe(640);
    }

    [Fact]
    public void While_nothing_comes_time_goes_on_as_lost_and_on_hold_as_silence()
    {
        for (var i = 0; i < 10; i++) Give(0, i, 0.02 * (i + 1), 1_000);
        Take(0.2);
        for (var at = 0.22; at < 2.2; at += 0.02) Take(at);
        var (lost, released) = (_out.Sum(block => block.Lost), _mix.Released);
        lost.ShouldBeInRange(12_000, 16_000, "two seconds, less what is still awaited");
        released.ShouldBeInRange(15_000, 17_600);
        _mix.Hold(0, true, 2.2);
        for (var at = 2.2; at < 4.2; at += 0.02) Take(at);
        _out.Sum(block => block.Lost).ShouldBeLessThan(lost + 4_100, "only what was lost before is said");
        (_mix.Released - released).ShouldBeInRange(14_000, 17_000);
        _mix.Hold(0, false, 4.2);
        for (var i = 0; i < 10; i++)
        {
            Give(0, 500 + i, 4.2 + (0.02 * (i + 1)), 3_000);
            Take(4.2 + (0.02 * (i + 1)));
        }
        _out[^1].First.ShouldBe(Coded(3_000));
    }

    [Fact]
    public void A_sender_whose_clock_runs_faster_or_slower_loses_nothing()
    {
        foreach (var ppm in new[] { -200, 200 })
        {
            var (mix, blocks, taken) = (new Mixdown(2, 0, 0), new BlockRing(), 0);
            for (var i = 0; i < 50 * 600; i++)
            {
                var now = 0.02 * (i + 1) * (1 + (ppm * 1e-6));
                var packet = new byte[172];
                packet[0] = 0x80;
                packet[1] = 8;
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)(160 * i));
                RtpPacket.TryParse(packet, out var read).ShouldBeTrue();
                mix.Take(0, read, now);
                mix.Release(now, blocks);
                while (blocks.TryTake(_block)) taken++;
            }
            (mix.Lost, blocks.Dropped).ShouldBe((0, 0));
            taken.ShouldBeGreaterThan((50 * 600) - 5);
        }
    }

    [Fact]
    public void Whatever_packets_come_time_never_goes_back_and_no_more_is_heard_than_time_has_passed() =>
        Gen.Select(Gen.Int[0, 3], Gen.UInt, Gen.Int[0, 1_600], Gen.Int[0, 200], Gen.UInt[0, 3]).Array[1, 200].Sample(steps =>
        {
            var (mix, blocks, block, now, at, samples) = (new Mixdown(4, 800, 5), new BlockRing(), new SampleBlock(), 5.0, 0L, 0L);
            foreach (var (stream, timestamp, length, later, source) in steps)
            {
                now += later / 1_000.0;
                var packet = new byte[12 + length];
                packet[0] = 0x80;
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), source == 0 ? timestamp : timestamp % 4_000);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), source);
                RtpPacket.TryParse(packet, out var read).ShouldBeTrue();
                if (later % 17 == 0) mix.Hold(stream, later % 2 == 0, now);
                mix.Take(stream, read, now);
                mix.Release(now, blocks);
                while (blocks.TryTake(block))
                {
                    block.FirstSample.ShouldBeGreaterThanOrEqualTo(Math.Max(at, 800));
                    at = block.FirstSample + 160;
                    samples += 160;
                }
            }
            // A stream may run ahead by what the mixer holds at a time, and each time it begins anew.
            mix.Released.ShouldBeGreaterThanOrEqualTo(800);
            samples.ShouldBeLessThanOrEqualTo(mix.Released - 800);
        }, iter: 500);
}
