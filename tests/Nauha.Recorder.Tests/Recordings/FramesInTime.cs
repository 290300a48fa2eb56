using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Recordings;
using Shouldly;

namespace Nauha.Recorder.Tests.Recordings;

public sealed class FramesInTime
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void When_no_frame_is_free_a_stretch_ends_at_once_and_what_is_missing_is_a_gap_of_known_length(int frames)
    {
        using var encoder = new OpusEncoder();
        var (pool, memory, made) = (new FramePool(frames), new LineMemory(), new List<RecordedFrame>());
        var maker = new FrameMaker(encoder, pool, 0);
        memory.Write(0, Sine(8_000 * 6));
        maker.Begin(1_000);
        maker.Advance(memory, made.Add).ShouldBe(frames > 10);
        maker.End(memory, 8_000 * 6, made.Add);
        maker.IsKeeping.ShouldBeFalse();
        made.Count.ShouldBe(frames, "every frame there is was used, and none is left in the maker's hand");
        made.Sum(f => f.Samples).ShouldBe(frames * 4_000);
        maker.Lost.ShouldBe((8_000 * 6) - 1_000 - (frames * 4_000));
        made.SelectMany(f => f.Events).ShouldBe([new SealedEvent((ulong)(1_000 + (frames * 4_000)), "gap") { Samples = (ulong)maker.Lost }]);
        // And what was handed over decodes to its last sample: the stretch was ended in the frame in hand.
        using var decoder = new StretchDecoder(encoder.PreSkip, encoder.PacketBytes);
        var heard = made.SelectMany(f => decoder.Decode(f.Packets.Span, f.Samples)).ToArray();
        Audio.Sound.Correlation(Sine(heard.Length + 1_000).AsSpan(1_000), heard).ShouldBeGreaterThan(0.98);
    }

    private static short[] Sine(int samples) => [.. Enumerable.Range(0, samples).Select(i => (short)(8_000 * Math.Sin(i * 0.3)))];
}
