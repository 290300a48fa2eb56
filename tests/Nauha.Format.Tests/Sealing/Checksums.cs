using CsCheck;
using Shouldly;

namespace Nauha.Format.Tests.Sealing;

public sealed class Checksums
{
    [Fact]
    public void The_numbers_of_RFC_3720_come_out()
    {
        Crc32C.Of(new byte[32]).ShouldBe(0x8A9136AAu);
        Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]).ShouldBe(0x62A8AB43u);
        Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]).ShouldBe(0x46DD794Eu);
        Crc32C.Of("123456789"u8).ShouldBe(0xE3069283u);
    }

    [Fact]
    public void Any_length_in_any_pieces_gives_what_bit_by_bit_gives() => Gen.Select(Gen.Byte.Array[0, 7_000], Gen.Int[0, 7_000]).Sample((bytes, at) =>
    {
        var sum = uint.MaxValue;
        foreach (var one in bytes)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82F63B78u : 0);
        }
        var crc = new Crc32C();
        crc.Append(bytes.AsSpan(0, Math.Min(at, bytes.Length)));
        crc.Append(bytes.AsSpan(Math.Min(at, bytes.Length)));
        crc.Value.ShouldBe(~sum);
    }, iter: 300);

    [Fact]
    public void Every_length_at_every_alignment_gives_what_a_table_gives()
    {
        var table = Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 8).Aggregate((uint)i, (sum, _) => (sum >> 1) ^ ((sum & 1) != 0 ? 0x82F63B78u : 0))).ToArray();
        var bytes = new byte[4_201 + 8];
        new Random(3).NextBytes(bytes);
        for (var from = 0; from < 8; from++)
        {
            var sum = uint.MaxValue;
            for (var length = 0; length <= 4_200; length++)
            {
                if (Crc32C.Of(bytes.AsSpan(from, length)) != ~sum) Assert.Fail($"{length} bytes from {from}");
                sum = (sum >> 8) ^ table[(byte)(sum & 0xFF) ^ bytes[from + length]];
            }
        }
    }
}
