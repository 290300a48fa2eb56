using System.Security.Cryptography;
using CsCheck;
using Shouldly;

namespace Nauha.Format.Tests.Sealing;

public sealed class SealedFiles
{
    internal static readonly FleetId Fleet = FleetId.From(new byte[10]);
    internal static readonly ApplianceId Appliance = ApplianceId.From([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    internal static readonly StreamInfo Stream = new() { PreSkip = 52, Source = "simulated", DbvAtFullScale = 6.5 };

    internal static SealedHeader Header(DaySecret day) => new(Fleet, Appliance, CallId.Next(), new(1), 7, new(1_790_000_000_000, ClockSource.Ntp, 20), day.Id);

    /// <summary>A file with its frames' borders.</summary>
    internal static (byte[] Bytes, List<int> Borders, SealedFileFacts Facts) Make(DaySecret day, ApplianceSigner signer, int frames, SealedHeader? header = null)
    {
        using var writer = new SealedFileWriter(header ?? Header(day), day.PublicKey, Stream, signer);
        var bytes = new List<byte>(writer.Start());
        var borders = new List<int> { bytes.Count };
        for (var i = 0; i < frames; i++)
        {
            var audio = new byte[1_500];
            audio.AsSpan().Fill((byte)i);
            bytes.AddRange(writer.Frame((ulong)(i * 4_000), 4_000, audio, i == 1 ? [new SealedEvent(4_000, "key") { Samples = 800 }] : []).Span);
            borders.Add(bytes.Count);
        }
        bytes.AddRange(writer.Final([]));
        return ([.. bytes], borders, writer.Facts!);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(40, true)]
    public void Events_that_the_last_frame_has_no_room_for_are_counted(int events, bool areSome)
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        using var writer = new SealedFileWriter(Header(day), day.PublicKey, Stream, signer);
        writer.Start();
        writer.Final([.. Enumerable.Range(0, events).Select(i => new SealedEvent((ulong)i, "key") { Samples = 800 })]);
        (writer.EventsLeft > 0).ShouldBe(areSome);
        writer.EventsLeft.ShouldBeLessThan(events);
    }

    private static FileVerdict Verify(byte[] file, ApplianceSigner signer) => SealedFile.Verify(new MemoryStream(file), (id, _) => id == signer.Id ? signer.PublicPoint : null);

    private static byte[]? Unwrap(byte[] file, DaySecret day) =>
        SealedFile.ReadHead(new MemoryStream(file), out _, out var info, out var wrap) == FileFault.None ? Hpke.Open(day, info, wrap) : null;

    private static (FileFault Fault, List<OpenedFrame> Frames) Open(byte[] file, DaySecret day)
    {
        var frames = new List<OpenedFrame>();
        var dek = Unwrap(file, day);
        return dek is null ? (FileFault.WrongKey, frames) : (SealedFile.Open(new MemoryStream(file), dek, frames.Add).Fault, frames);
    }

    [Fact]
    public void A_closed_file_verifies_without_a_key_and_opens_with_the_days()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, _, facts) = Make(day, signer, 5);
        var verdict = Verify(file, signer);
        verdict.Fault.ShouldBe(FileFault.None);
        verdict.Facts!.Sha256.ShouldBe(SHA256.HashData(file));
        verdict.Facts.ShouldBeEquivalentTo(facts);
        verdict.Header!.CallNumber.ShouldBe(7ul);
        var (fault, frames) = Open(file, day);
        fault.ShouldBe(FileFault.None);
        frames.Select(f => f.FirstSample).ShouldBe([0ul, 4_000, 8_000, 12_000, 16_000]);
        frames[3].Audio.ShouldAllBe(b => b == 3);
        frames[1].Events.ShouldHaveSingleItem().What.ShouldBe("key");
    }

    [Fact]
    public void All_data_frames_have_one_size_with_and_without_events()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (_, borders, _) = Make(day, signer, 6);
        borders.Zip(borders.Skip(1), (a, b) => b - a).Distinct().ShouldHaveSingleItem().ShouldBe(12 + 2_048 + 16 + 4);
    }

    [Fact]
    public void A_frame_holds_nothing_of_those_before_it_nor_of_one_that_was_refused()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        using var writer = new SealedFileWriter(Header(day), day.PublicKey, Stream, signer);
        var bytes = new List<byte>(writer.Start());
        int[] packets = [25, 1, 24, 0, 25, 2];
        for (var i = 0; i < packets.Length; i++)
        {
            var audio = new byte[packets[i] * Stream.PacketBytes];
            audio.AsSpan().Fill(0xEE);
            bytes.AddRange(writer.Frame((ulong)(i * 4_000), 0, audio, i == 2 ? [new SealedEvent(8_000, "key") { Samples = 800 }] : []).Span);
            Should.Throw<ArgumentException>(() => writer.Frame(0, 0, new byte[SealedFileWriter.FrameBytes], []));
        }
        bytes.AddRange(writer.Final([]));
        Verify([.. bytes], signer).Fault.ShouldBe(FileFault.None);
        var (fault, frames) = Open([.. bytes], day);
        fault.ShouldBe(FileFault.None, "padding that is not zero is refused");
        frames.Select(f => f.Audio.Length / Stream.PacketBytes).ShouldBe(packets);
    }

    [Fact]
    public void Another_key_does_not_open_and_another_signer_does_not_verify()
    {
        using var day = DaySecret.Create();
        using var other = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        using var stranger = ApplianceSigner.Create();
        var (file, _, _) = Make(day, signer, 2);
        Open(file, other).Fault.ShouldBe(FileFault.WrongKey);
        SealedFile.Open(new MemoryStream(file), RandomNumberGenerator.GetBytes(32), _ => { }).Fault.ShouldBe(FileFault.WrongKey);
        Verify(file, stranger).Fault.ShouldBe(FileFault.UnknownSigner);
        SealedFile.Verify(new MemoryStream(file), (_, _) => stranger.PublicPoint).Fault.ShouldBe(FileFault.BadSignature);
    }

    [Fact]
    public void No_single_changed_byte_goes_unnoticed()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, _, _) = Make(day, signer, 2);
        for (var i = 0; i < file.Length; i += i < 300 || i > file.Length - 200 ? 1 : 7)
        {
            var changed = file.ToArray();
            changed[i] ^= 1;
            Verify(changed, signer).IsWhole.ShouldBeFalse($"byte {i}");
        }
    }

    [Fact]
    public void Frames_cannot_be_swapped_doubled_left_out_or_taken_from_another_call()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, b, _) = Make(day, signer, 4);
        var (other, _, _) = Make(day, signer, 4);
        byte[] Frame(byte[] f, int i) => f[b[i]..b[i + 1]];
        Verify([.. file[..b[1]], .. Frame(file, 2), .. Frame(file, 1), .. file[b[3]..]], signer).Fault.ShouldBe(FileFault.OutOfOrder);
        Verify([.. file[..b[2]], .. Frame(file, 1), .. file[b[2]..]], signer).Fault.ShouldBe(FileFault.OutOfOrder);
        Verify([.. file[..b[1]], .. file[b[2]..]], signer).Fault.ShouldBe(FileFault.OutOfOrder);
        Verify([.. file[..b[1]], .. Frame(other, 1), .. file[b[2]..]], signer).Fault.ShouldBe(FileFault.BadChecksum);
        Verify([.. file, 0], signer).Fault.ShouldBe(FileFault.BytesAfterTrailer);
    }

    [Fact]
    public void The_other_signature_of_the_same_words_is_refused()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, _, _) = Make(day, signer, 1);
        var n = new System.Numerics.BigInteger(Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), isUnsigned: true, isBigEndian: true);
        var s = new System.Numerics.BigInteger(file.AsSpan(file.Length - 32), isUnsigned: true, isBigEndian: true);
        var turned = (n - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        var malleated = file.ToArray();
        malleated.AsSpan(file.Length - 32).Clear();
        turned.CopyTo(malleated, file.Length - turned.Length);
        Verify(malleated, signer).Fault.ShouldBe(FileFault.BadSignature);
    }

    [Fact]
    public void A_file_cut_anywhere_is_salvaged_up_to_its_last_whole_frame()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, borders, _) = Make(day, signer, 3);
        foreach (var cut in borders.SelectMany(b => new[] { b, b + 1, b + 11, b + 1_000 }).Where(c => c < file.Length - 128).Append(file.Length - 128).Append(file.Length - 1))
        {
            using var stream = new MemoryStream();
            stream.Write(file, 0, cut);
            Verify(file[..cut], signer).Fault.ShouldBe(FileFault.Truncated);
            var done = Salvage.Close(stream, signer).ShouldBeOfType<SalvageOutcome.Done>($"cut at {cut}");
            var whole = borders.Count(b => b <= cut) - 1;
            var late = cut >= file.Length - 128;
            done.Facts.Closing.ShouldBe(late ? Closing.ClosedLate : Closing.Salvaged);
            var saved = stream.ToArray();
            Verify(saved, signer).Fault.ShouldBe(FileFault.None);
            SHA256.HashData(saved).ShouldBe(done.Facts.Sha256);
            Open(saved, day).Frames.Count.ShouldBe(late ? 3 : whole);
            Salvage.Close(stream, signer).ShouldBeOfType<SalvageOutcome.AlreadyClosed>();
        }
    }

    [Fact]
    public void Whatever_bytes_come_the_reader_answers_with_a_reason() => Gen.Byte.Array[0, 5_000].Sample(bytes =>
    {
        using var signer = ApplianceSigner.Create();
        Verify(bytes, signer).IsWhole.ShouldBeFalse();
        using var stream = new MemoryStream();
        stream.Write(bytes);
        Salvage.Close(stream, signer).ShouldBeOfType<SalvageOutcome.NothingWhole>();
    }, iter: 200);

    [Fact]
    public void A_file_mutated_at_random_never_opens_as_another()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, _, _) = Make(day, signer, 3);
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Byte[1, 255], Gen.Int[0, 3]).Sample((at, mask, how) =>
        {
            var changed = how switch
            {
                0 => [.. file[..at]],
                1 => [.. file[..at], mask, .. file[at..]],
                2 => [.. file[..at], .. file[Math.Min(file.Length, at + mask)..]],
                _ => file.ToArray(),
            };
            if (how == 3) changed[at] ^= mask;
            Verify(changed, signer).IsWhole.ShouldBeFalse();
        }, iter: 500);
    }

    [Fact]
    public void A_file_may_have_2_to_the_20_frames_and_no_more()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var start = Make(day, signer, 0).Bytes[..232];
        using var file = new EndlessFrames(start, (1 << 20) + 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var verdict = SealedFile.Verify(file, (_, _) => signer.PublicPoint);
        (verdict.Fault, verdict.Frames).ShouldBe((FileFault.TooManyFrames, 1u << 20));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000, "570 MB were read");
    }

    [Fact]
    public void Sealing_a_frame_allocates_nothing()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        using var writer = new SealedFileWriter(Header(day), day.PublicKey, Stream, signer);
        writer.Start();
        var audio = new byte[1_500];
        for (var i = 0; i < 10; i++) writer.Frame(0, 4_000, audio, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) writer.Frame(0, 4_000, audio, []);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100);
    }
}
