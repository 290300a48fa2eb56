using System.Text;
using Nauha.Format.Tests.Sealing.Vectors;
using static Nauha.Format.Tests.Signing.Vectors.Scribe;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>The envelope: what is around a record that is good in itself. FORMAT.md §3.1.</summary>
internal static class EnvelopeVectors
{
    private static readonly string Payload = Text(End.Sealed().ToPayload());
    private static readonly string Good = Text(Signed(PayloadTypes.Record, Payload, Forge.Signer));
    private static readonly string Body = Convert.ToBase64String(Bytes(Payload));
    private static readonly string Signature = Convert.ToBase64String(Forge.Signer.Sign(PayloadTypes.Record, Bytes(Payload)));

    public static List<SignedVector> All() => [.. Taken(), .. Written(), .. Typed(), .. Counted(), .. SignedBy()];

    private static SignedVector V(string name, string expect, string about, byte[] file) => new($"envelope-{name}", "record", expect, about, file);

    private static SignedVector V(string name, string expect, string about, string file) => V(name, expect, about, Bytes(file));

    private static string Of(string keyid, string signature) => $$"""{"payload":"{{Body}}","payloadType":"{{PayloadTypes.Record}}","signatures":[{"keyid":"{{keyid}}","sig":"{{signature}}"}]}""";

    private static IEnumerable<SignedVector> Taken()
    {
        yield return V("good", "opens", "as the product writes it", Good);
        yield return V("other-order", "opens", "members in another order", $$"""{"signatures":[{"sig":"{{Signature}}","keyid":"{{Forge.Signer.Id}}"}],"payloadType":"{{PayloadTypes.Record}}","payload":"{{Body}}"}""");
        yield return V("spaced", "opens", "white space where JSON allows it, around the whole too", "\n " + Good.With(",", " ,\r\n\t").With(":\"", " : \"") + "\n");
        yield return V("escaped", "opens", "a member's name and a value with escapes that mean the same", Good.With("\"payload\"", "\"p\\u0061yload\"").With("application/vnd", "application\\/vnd"));
        yield return V("longest", "opens", "65,536 bytes, spaces at the end", Good.PadRight(Envelope.LongestBytes));
    }

    private static IEnumerable<SignedVector> Written()
    {
        static SignedVector Bad(string name, string about, string file) => V(name, "refused bad-envelope", about, file);

        yield return V("too-long", "refused too-long", "65,537 bytes, otherwise right", Good.PadRight(Envelope.LongestBytes + 1));
        yield return Bad("empty", "nothing", "");
        yield return Bad("cut-1", "one byte", Good[..1]);
        yield return Bad("cut-half", "cut in the payload", Good[..(Good.Length / 2)]);
        yield return Bad("cut-last", "the last byte is missing", Good[..^1]);
        yield return Bad("after-a-brace", "a brace after the end", Good + "}");
        yield return Bad("after-an-object", "another envelope after the end", Good + Good);
        yield return Bad("after-a-zero", "a zero byte after the end", Good + "\0");
        yield return Bad("bom", "a byte order mark", "\uFEFF" + Good);
        yield return V("utf-16", "refused bad-envelope", "UTF-16", Encoding.Unicode.GetBytes(Good));
        yield return V("not-utf8", "refused bad-envelope", "a byte that is no UTF-8", [.. Bytes(Good).Select(b => b == (byte)'+' ? (byte)0xFF : b)]);
        yield return Bad("surrogate", "half a surrogate pair as escape", Good.With("vnd.nauha", "vnd\\ud800nauha"));
        yield return Bad("list", "a list around it", $"[{Good}]");
        yield return Bad("text", "text", "\"envelope\"");
        yield return Bad("comment", "a comment, which is no JSON", "/**/" + Good);
        yield return Bad("comma", "a comma behind the last member", Good[..^1] + ",}");
        yield return Bad("single-quotes", "single quotes, which are no JSON", Good.With("\"", "'"));
        yield return Bad("payload-missing", "no payload", Good.Without("payload"));
        yield return Bad("payload-twice", "payload twice, the same both times", Good.And($"\"payload\":\"{Body}\""));
        yield return Bad("payload-twice-escaped", "payload twice, once with an escape in its name", Good.And($"\"p\\u0061yload\":\"{Body}\""));
        yield return Bad("payload-null", "payload is null", Good.Set("payload", "null"));
        yield return Bad("payload-object", "the payload itself in the place of its base64", Good.With($"\"{Body}\"", Payload));
        yield return Bad("member-unknown", "a member that is not known", Good.And("\"suite\":2"));
        yield return Bad("signature-member-unknown", "a member that is not known beside a signature", Good.With("\"sig\":", "\"cert\":\"\",\"sig\":"));
        yield return Bad("keyid-missing", "a signature without keyid", Good.Without("keyid"));
        yield return Bad("keyid-twice", "keyid twice", Good.With("\"sig\":", $"\"keyid\":\"{Forge.Signer.Id}\",\"sig\":"));
        yield return Bad("keyid-capitals", "keyid in capitals", Of(Forge.Signer.Id.ToString().ToUpperInvariant(), Signature));
        yield return Bad("keyid-short", "keyid of 15 bytes", Of(Forge.Signer.Id.ToString()[2..], Signature));
        yield return Bad("signatures-object", "one signature, and no list", Good.With("[{", "{").With("}]", "}"));
        yield return Bad("signatures-null", "signatures is null", Good[..Good.IndexOf('[', StringComparison.Ordinal)] + "null}");
        yield return Bad("signatures-17", "17 signatures", Good.With("[{", "[" + string.Concat(Enumerable.Repeat("{" + Good[(Good.IndexOf('[', StringComparison.Ordinal) + 2)..^2] + ",", 16)) + "{"));
        yield return Bad("base64-url", "base64 with the alphabet for URLs", Of(Forge.Signer.Id.ToString(), Signature.Replace('+', '-').Replace('/', '_')));
        yield return Bad("base64-unpadded", "base64 without its padding", Of(Forge.Signer.Id.ToString(), Signature.TrimEnd('=')));
        yield return Bad("base64-spaced", "base64 with a line end in it", Of(Forge.Signer.Id.ToString(), Signature[..40] + "\\n" + Signature[40..]));
        yield return Bad("base64-bits", "base64 whose last bits, which mean nothing, are not zero", Of(Forge.Signer.Id.ToString(), Signature[..^3] + (char)(Signature[^3] + 1) + "=="));
    }

    private static IEnumerable<SignedVector> Typed()
    {
        static SignedVector As(string name, string about, string type) => V(name, "refused wrong-type", about, Signed(type, Payload, Forge.Signer));

        yield return As("type-receipt", "signed as a receipt", PayloadTypes.Receipt);
        yield return As("type-recording", "signed as a recording", PayloadTypes.Recording);
        yield return As("type-v2", "signed as version 2 of a record", PayloadTypes.Record.With(".v1", ".v2"));
        yield return As("type-capitals", "signed as a record in capitals", PayloadTypes.Record.ToUpperInvariant());
        yield return As("type-parameter", "signed with a parameter behind the type", PayloadTypes.Record + ";charset=utf-8");
        yield return As("type-empty", "signed as nothing", "");
        yield return V("type-changed", "refused wrong-type", "another type written over that which was signed", Good.With("record.v1", "answer.v1"));
    }

    private static IEnumerable<SignedVector> Counted()
    {
        yield return V("signatures-none", "refused signature-count", "no signature", Signed(PayloadTypes.Record, Payload));
        yield return V("signatures-two", "refused signature-count", "two signatures of two who may sign", Signed(PayloadTypes.Record, Payload, Forge.Signer, Forge.Stranger));
        yield return V("signatures-twice", "refused signature-count", "the same signature twice", Signed(PayloadTypes.Record, Payload, Forge.Signer, Forge.Signer));
    }

    private static IEnumerable<SignedVector> SignedBy()
    {
        SignedVector Sig(string name, string about, ReadOnlySpan<byte> signature) => V(name, "refused bad-signature", about, Of(Forge.Signer.Id.ToString(), Convert.ToBase64String(signature)));
        var (payload, good) = (Bytes(Payload), Convert.FromBase64String(Signature));

        yield return V("signer-nobody", "refused unknown-signer", "signed by a key that nobody knows", Signed(PayloadTypes.Record, Payload, new TestSigner(Forge.Secret("nobody"))));
        yield return V("signer-another-box", "refused unknown-signer", "signed by a known key that belongs to another appliance", Signed(PayloadTypes.Record, Payload, Forge.Stranger));
        yield return V("signer-central", "refused unknown-signer", "signed by central's key for receipts", Signed(PayloadTypes.Record, Payload, ReceiptsRole));
        yield return V("signer-kid-of-ed25519", "refused unknown-signer", "the signer's key under the name that it would have as an Ed25519 key", Of(KeyId.Of(KeyKind.Ed25519, Forge.Signer.Point).ToString(), Signature));
        yield return Sig("signer-in-anothers-name", "signed by another key under the name of the right one", Forge.Stranger.Sign(PayloadTypes.Record, payload));
        yield return Sig("signature-high-s", "(r, n - s) for (r, s): the other signature of the same words", TestSigner.Turned(good));
        yield return Sig("signature-der", "the signature as ASN.1", TestSigner.Der(good));
        yield return Sig("signature-63", "the signature without its last byte", good.AsSpan()[..63]);
        yield return Sig("signature-65", "the signature with a zero behind it", [.. good, 0]);
        yield return Sig("signature-empty", "a signature of no bytes", []);
        yield return Sig("signature-zero", "r and s are zero", new byte[64]);
        yield return Sig("signature-n", "r is the order of the curve", [.. Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), .. good.AsSpan()[32..]]);
        yield return Sig("signature-of-another-type", "the same bytes, signed as an answer", Forge.Signer.Sign(PayloadTypes.Answer, payload));
        yield return Sig("signature-of-base64", "signed over the base64 of the payload", Forge.Signer.Sign(PayloadTypes.Record, Bytes(Body)));
        yield return Sig("signature-of-another-record", "the signature of another record of the same key", Forge.Signer.Sign(PayloadTypes.Record, (End with { Seq = 4 }).Sealed().ToPayload()));
        yield return V("payload-changed", "refused bad-signature", "a record changed after it was signed", Good.With(Body, Convert.ToBase64String(Bytes(Payload.With("\"seq\":3", "\"seq\":4")))));
        yield return V("payload-spaced", "refused bad-signature", "a space put into the payload after it was signed", Good.With(Body, Convert.ToBase64String(Bytes(Payload + " "))));
    }
}
