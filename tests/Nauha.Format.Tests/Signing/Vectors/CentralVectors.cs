using Nauha.Format.Tests.Sealing.Vectors;
using static Nauha.Format.Tests.Signing.Vectors.Scribe;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>What central signs for boxes and for itself: receipts and grants. FORMAT.md §5.1 and §5.2.</summary>
internal static class CentralVectors
{
    // Ed25519's order L, little-endian: S + L is the other writing of a signature (RFC 8032 §5.1.7).
    private static readonly System.Numerics.BigInteger Order = System.Numerics.BigInteger.Pow(2, 252) + System.Numerics.BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly string Receipt = Text(new Receipt
    {
        Fleet = Forge.Fleet,
        Appliance = Forge.Appliance,
        Seq = 9,
        Prev = Forge.Secret("the receipt before"),
        StoreEpoch = 1,
        Call = Call,
        What = ReceiptSubject.Recording,
        Sha256 = Forge.Secret("the file"),
        Bytes = 2_840,
        Result = ReceiptResult.Stored,
        Checkpoint = "a signed note",
        AtMs = 1_790_000_100_000,
    }.ToPayload());

    private static readonly CallRecord Subject = End.Sealed();
    private static readonly byte[] SubjectHash = CallRecord.HashOf(Subject.ToPayload());
    private static readonly byte[] File = SealedVectors.All().Single(v => v.Name == "closed").File;
    private static readonly byte[] H = System.Security.Cryptography.SHA256.HashData(File.AsSpan(0, 232));

    private const string OfRecord = "record-end.json";
    private const string OfFile = "../sealed/closed.nauha";

    public static List<SignedVector> All() => [.. Receipts(), .. Grants()];

    private static IEnumerable<SignedVector> Receipts()
    {
        static SignedVector V(string name, string expect, string about, byte[] file, string at = "") => new($"receipt-{name}", "receipt", expect, about, file) { At = at };
        static SignedVector Good(string name, string about, string payload) => V(name, "taken", about, Signed(PayloadTypes.Receipt, payload, ReceiptsRole));
        static SignedVector By(string name, string expect, string about, CentralSigner signer) => V(name, expect, about, Signed(PayloadTypes.Receipt, Receipt, signer));
        static SignedVector Sig(string name, string about, byte[] signature) => V(name, "refused bad-signature", about, Bytes(Text(Signed(PayloadTypes.Receipt, Receipt, ReceiptsRole)).Set("sig", $"\"{Convert.ToBase64String(signature)}\"")));

        yield return Good("stored", "a recording is stored", Receipt);
        yield return Good("record", "a record is stored", Receipt.Set("what", "\"record\""));
        yield return Good("blind", "a blind interval's record has no call", Receipt.Set("what", "\"record\"").Set("call", "null"));
        foreach (var result in new[] { "expired", "held", "refused" }) yield return Good(result, $"the result {result}", Receipt.Set("result", $"\"{result}\""));
        yield return By("signer-daykeys", "refused unknown-signer", "signed by the role of day keys", DayKeysRole);
        yield return By("signer-commands", "refused unknown-signer", "signed by the role of commands", CommandsRole);
        yield return By("signer-root", "refused unknown-signer", "signed by the root itself", Root);
        yield return By("signer-withdrawn", "refused unknown-signer", "signed by a key of the role that was withdrawn", WithdrawnReceipts);
        yield return V("signer-box", "refused unknown-signer", "signed by the appliance", Signed(PayloadTypes.Receipt, Receipt, Forge.Signer));
        var good = ReceiptsRole.Sign(PayloadTypes.Receipt, Bytes(Receipt));
        yield return Sig("signature-of-another", "signed by the role of commands under the name of the right key", CommandsRole.Sign(PayloadTypes.Receipt, Bytes(Receipt)));
        yield return Sig("signature-of-another-type", "the same bytes, signed as a grant", ReceiptsRole.Sign(PayloadTypes.Grant, Bytes(Receipt)));
        yield return Sig("signature-high-s", "S + L for S: the other writing of the same signature", Raised(good));
        yield return Sig("signature-zero", "64 zeros", new byte[64]);
        yield return Sig("signature-63", "the signature without its last byte", good[..63]);
        yield return V("changed", "refused bad-signature", "held made stored after it was signed", Bytes(Text(Signed(PayloadTypes.Receipt, Receipt.Set("result", "\"held\""), ReceiptsRole)).Set("payload", $"\"{Convert.ToBase64String(Bytes(Receipt))}\"")));
        yield return V("v2", "refused unknown-version", "version 2", Signed(PayloadTypes.Receipt, Receipt.Set("v", "2"), ReceiptsRole), "v");
        yield return V("foreign-appliance", "refused foreign", "for another appliance", Signed(PayloadTypes.Receipt, Receipt.Set("appliance", $"\"{Forge.OtherAppliance}\""), ReceiptsRole));
        yield return V("foreign-fleet", "refused foreign", "of another fleet", Signed(PayloadTypes.Receipt, Receipt.Set("fleet", "\"otherfleet234567\""), ReceiptsRole));
        (string Name, string About, string Payload, string At)[] bad =
        [
            ("member-unknown", "a member that is not known", Receipt.And("\"keep\":true"), "keep"), ("member-missing", "no storeEpoch", Receipt.Without("storeEpoch"), "storeEpoch"), ("member-twice", "result twice", Receipt.And("\"result\":\"stored\""), "result"),
            ("seq-0", "number 0", Receipt.Set("seq", "0"), "seq"), ("prev-short", "prev of 31 bytes", Receipt.Set("prev", $"\"{new string('0', 62)}\""), "prev"), ("epoch-negative", "a negative epoch", Receipt.Set("storeEpoch", "-1"), "storeEpoch"),
            ("call-short", "a call of 15 bytes", Receipt.Set("call", $"\"{new string('0', 30)}\""), "call"), ("call-null", "a recording of no call", Receipt.Set("call", "null"), "call"), ("what-unknown", "an unknown subject", Receipt.Set("what", "\"call\""), "what"),
            ("sha-capitals", "a hash in capitals", Receipt.Set("sha256", $"\"{new string('A', 64)}\""), "sha256"), ("bytes-negative", "a negative length", Receipt.Set("bytes", "-1"), "bytes"), ("result-unknown", "an unknown result", Receipt.Set("result", "\"kept\""), "result"),
            ("checkpoint-null", "no checkpoint", Receipt.Set("checkpoint", "null"), "checkpoint"), ("at-negative", "before 1970", Receipt.Set("atMs", "-1"), "atMs"), ("at-point", "a time with a point", Receipt.Set("atMs", "1.5"), "atMs"),
        ];
        foreach (var (name, about, payload, at) in bad) yield return V(name, "refused bad-payload", about, Signed(PayloadTypes.Receipt, payload, ReceiptsRole), at);
    }

    private static IEnumerable<SignedVector> Grants()
    {
        var dek = new Forge().Dek;
        var facts = Padded(Facts);
        Grant Rewrapped(bool file, DaySecret to, byte[]? subject = null, KeyId? bound = null, byte[]? plain = null) => file
            ? new(Call, GrantOf.Dek, null, Forge.Day.Id, to.Id, Sealed(to.PublicKey, Grant.Info(subject ?? H, bound ?? to.Id), plain ?? dek), "hold", "hold-1", 1_790_000_200_000)
            : new(Call, GrantOf.Record, 3, Forge.Day.Id, to.Id, Sealed(to.PublicKey, Grant.Info(subject ?? SubjectHash, bound ?? to.Id), plain ?? facts), "hold", "hold-1", 1_790_000_200_000);
        static SignedVector V(string name, string expect, string about, string of, byte[] payload, CentralSigner? by = null, string at = "") =>
            new($"grant-{name}", "grant", expect, about, Envelope.Seal(PayloadTypes.Grant, payload, by ?? DayKeysRole)) { At = at, Knows = [("of", of)] };
        static SignedVector G(string name, string expect, string about, string of, Grant grant) => V(name, expect, about, of, grant.ToPayload());
        static SignedVector Bad(string name, string about, string payload, string at) => V(name, "refused bad-payload", about, OfFile, Bytes(payload), at: at);

        var ofFile = Rewrapped(file: true, Hold);
        var ofRecord = Rewrapped(file: false, Hold);
        yield return G("dek", "opens", "a recording's data key, re-wrapped for a hold", OfFile, ofFile);
        yield return G("record", "opens", "a record's sealed part, re-wrapped for a hold", OfRecord, ofRecord);
        yield return G("day", "opens", "to the day that a call truly belongs to: no hold", OfFile, Rewrapped(file: true, Forge.Day) with { Reason = "day", Hold = null });
        yield return G("reason-64", "opens", "a reason of 64 bytes", OfFile, ofFile with { Reason = new('ä', 32) });
        yield return G("of-another-call", "refused other-subject", "the grant of another call", OfFile, ofFile with { Call = OtherCall });
        yield return G("of-another-record", "refused other-subject", "the grant of another record of the same call", OfRecord, ofRecord with { Seq = 4 });
        yield return G("of-the-record", "refused other-subject", "a record's grant where the recording's was asked for", OfFile, ofRecord);
        yield return G("of-the-file", "refused other-subject", "a recording's grant where the record's was asked for", OfRecord, ofFile);
        yield return G("renamed", "unopened wrong-key", "the grant of another call's recording under the name of this call", OfFile, Rewrapped(file: true, Hold, subject: Forge.Secret("another file")));
        yield return G("record-renamed", "unopened wrong-key", "the grant of another record under the number of this one", OfRecord, Rewrapped(file: false, Hold, subject: Forge.Secret("another record")));
        yield return G("recipient-other", "unopened wrong-key", "re-wrapped for a key that is not at hand, and says so", OfFile, Rewrapped(file: true, Forge.OtherDay));
        yield return G("recipient-disguised", "unopened wrong-key", "re-wrapped for another key under the name of the hold's", OfFile, Rewrapped(file: true, Forge.OtherDay, bound: Hold.Id) with { ToKid = Hold.Id });
        yield return G("recipient-unbound", "unopened wrong-key", "sealed to the hold's key, bound to another", OfFile, Rewrapped(file: true, Hold, bound: Forge.OtherDay.Id));
        yield return G("changed", "unopened wrong-key", "one bit of the sealed part changed before it was signed", OfFile, ofFile with { Sealed = [.. ofFile.Sealed[..^1], (byte)(ofFile.Sealed[^1] ^ 1)] });
        yield return G("enc-zero", "unopened wrong-key", "enc is zero", OfFile, ofFile with { Sealed = [.. new byte[32], .. ofFile.Sealed[32..]] });
        yield return G("dek-other", "unopened wrong-key", "opens, but holds another data key than the file commits to", OfFile, Rewrapped(file: true, Hold, plain: Forge.Secret("another data key")));
        yield return G("facts-bad", "unopened bad-facts", "opens, but holds no facts", OfRecord, Rewrapped(file: false, Hold, plain: Padded("facts")));
        yield return V("signer-receipts", "refused unknown-signer", "signed by the role of receipts", OfFile, ofFile.ToPayload(), ReceiptsRole);
        yield return V("signer-root", "refused unknown-signer", "signed by the root itself", OfFile, ofFile.ToPayload(), Root);
        var payload = Text(ofFile.ToPayload());
        yield return V("v2", "refused unknown-version", "version 2", OfFile, Bytes(payload.Set("v", "2")), at: "v");
        yield return Bad("member-unknown", "a member that is not known", payload.And("\"until\":1"), "until");
        yield return Bad("member-missing", "no hold, not even null", payload.Without("hold"), "hold");
        yield return Bad("of-unknown", "of something unknown", payload.Set("of", "\"file\""), "of");
        yield return Bad("dek-seq", "a data key with the number of a record", payload.Set("seq", "3"), "seq");
        yield return Bad("record-no-seq", "a record without its number", Text(ofRecord.ToPayload()).Set("seq", "null"), "seq");
        yield return Bad("seq-0", "record 0", Text(ofRecord.ToPayload()).Set("seq", "0"), "seq");
        yield return Bad("sealed-short", "a sealed part one byte short", Text((ofFile with { Sealed = ofFile.Sealed[..^1] }).ToPayload()), "sealed");
        yield return Bad("dek-of-record-length", "a data key as long as a record's part", Text((ofFile with { Sealed = ofRecord.Sealed }).ToPayload()), "sealed");
        yield return Bad("kid-short", "toKid of 15 bytes", payload.Set("toKid", $"\"{Hold.Id.ToString()[2..]}\""), "toKid");
        yield return Bad("reason-65", "a reason of 65 bytes", Text((ofFile with { Reason = new string('ä', 32) + "a" }).ToPayload()), "reason");
        yield return Bad("at-negative", "before 1970", payload.Set("atMs", "-1"), "atMs");
    }

    private static byte[] Raised(byte[] signature)
    {
        var s = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + Order;
        var bytes = s.ToByteArray(isUnsigned: true);
        return [.. signature[..32], .. bytes, .. new byte[32 - bytes.Length]];
    }
}
