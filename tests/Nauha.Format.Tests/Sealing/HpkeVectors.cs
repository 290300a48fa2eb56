using System.Security.Cryptography;
using Shouldly;

namespace Nauha.Format.Tests.Sealing;

/// <summary>RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base mode.</summary>
public sealed class HpkeVectors
{
    private static byte[] Hex(string text) => Convert.FromHexString(text);

    private static readonly byte[] Info = Hex("4f6465206f6e2061204772656369616e2055726e");
    private static readonly byte[] PkE = Hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    private static readonly byte[] PkR = Hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");

    [Fact]
    public void Keys_are_derived_as_the_RFC_says()
    {
        Hpke.DeriveSecret(Hex("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b")).ShouldBe(Hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"));
        Hpke.DeriveSecret(Hex("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df")).ShouldBe(Hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"));
        using var e = DaySecret.Import(Hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"));
        e.PublicKey.ShouldBe(PkE);
    }

    [Fact]
    public void The_key_schedule_and_the_first_ciphertext_are_the_RFCs()
    {
        using var e = DaySecret.Import(Hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"));
        var context = Hpke.Schedule(e.Agree(PkR)!, PkE, PkR, Info);
        context.Shared.ShouldBe(Hex("0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7"));
        context.Key.ShouldBe(Hex("ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91"));
        context.Nonce.ShouldBe(Hex("5c4d98150661b848853b547f"));
        context.Exporter.ShouldBe(Hex("a3b010d4994890e2c6968a36f64470d3c824c8f5029942feb11e7a74b2921922"));
        var ct = new byte[29 + 16];
        using var cipher = new ChaCha20Poly1305(context.Key);
        cipher.Encrypt(context.Nonce, Hex("4265617574792069732074727574682c20747275746820626561757479"), ct.AsSpan(0, 29), ct.AsSpan(29), "Count-0"u8);
        ct.ShouldBe(Hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"));
    }

    [Fact]
    public void What_is_sealed_opens_for_its_recipient_and_info_alone()
    {
        using var day = DaySecret.Create();
        using var other = DaySecret.Create();
        var blob = Hpke.Seal(day.PublicKey, "info"u8, "plain"u8);
        Hpke.Open(day, "info"u8, blob).ShouldBe("plain"u8.ToArray());
        Hpke.Open(other, "info"u8, blob).ShouldBeNull();
        Hpke.Open(day, "Info"u8, blob).ShouldBeNull();
        for (var i = 0; i < blob.Length; i++)
        {
            var changed = blob.ToArray();
            changed[i] ^= 0x80;
            Hpke.Open(day, "info"u8, changed).ShouldBeNull($"byte {i}");
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")] // zero
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")] // one
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")] // order 8
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // p
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // p + 1
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void A_key_that_nobody_can_own_is_refused_both_ways(string hex)
    {
        Should.Throw<CryptographicException>(() => Hpke.Seal(Hex(hex), [], "x"u8));
        using var day = DaySecret.Create();
        var blob = Hpke.Seal(day.PublicKey, [], "x"u8);
        Hex(hex).CopyTo(blob, 0);
        Hpke.Open(day, [], blob).ShouldBeNull();
    }

    [Fact]
    public void A_key_with_bit_255_set_is_refused_although_the_curve_would_ignore_it()
    {
        using var day = DaySecret.Create();
        var key = day.PublicKey.ToArray();
        key[31] |= 0x80;
        Should.Throw<CryptographicException>(() => Hpke.Seal(key, [], "x"u8));
    }
}
