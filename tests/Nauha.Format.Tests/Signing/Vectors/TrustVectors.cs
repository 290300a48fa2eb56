using Nauha.Format.Tests.Sealing.Vectors;
using static Nauha.Format.Tests.Signing.Vectors.Scribe;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>What a box believes in: the bundle of day keys and the trust document. FORMAT.md §5.3 and §5.4.</summary>
internal static class TrustVectors
{
    private static readonly DayKeyEntry[] Days = [.. Enumerable.Range(0, DayKeyBundle.Days).Select(i => DayKeyEntry.For(new DateOnly(2026, 9, 21).AddDays(i), DaySecret.Import(Forge.Secret($"day {i}")).PublicKey))];
    private static readonly DayKeyBundle Three = new(Forge.Fleet, 4, 1_789_990_000_000, Days[..3]);

    /// <summary>The document that the other vectors are judged by.</summary>
    public static readonly TrustDocument Trust = new(Forge.Fleet, 3, [Root.PublicKey], 1, new Dictionary<string, IReadOnlyList<TrustedKey>>
    {
        ["commands"] = [Key(CommandsRole)],
        ["daykeys"] = [Key(DayKeysRole)],
        ["receipts"] = [Key(WithdrawnReceipts) with { Active = false }, Key(ReceiptsRole)],
    }, [[0x30, 0x03, 0x02, 0x01, 0x01]]);

    public static List<SignedVector> All() => [.. Bundles(), .. Documents()];

    private static TrustedKey Key(CentralSigner signer) => new(signer.Id, signer.PublicKey, 0, long.MaxValue, true);

    private static IEnumerable<SignedVector> Bundles()
    {
        static SignedVector V(string name, string expect, string about, string payload, CentralSigner? by = null, string at = "") => new($"daykeys-{name}", "daykeys", expect, about, Signed(PayloadTypes.DayKeys, payload, by ?? DayKeysRole)) { At = at };
        static SignedVector Good(string name, string about, DayKeyBundle bundle) => V(name, "taken", about, Text(bundle.ToPayload()));
        static SignedVector Bad(string name, string about, string payload, string at) => V(name, "refused bad-payload", about, payload, at: at);
        static SignedVector Day(string name, string about, Func<DayKeyEntry, DayKeyEntry> change, string at = "keys[1]") => Bad(name, about, Text((Three with { Keys = [Days[0], change(Days[1]), Days[2]] }).ToPayload()), at);
        static SignedVector Pk(string name, string about, byte[] pk) => Day(name, about, d => d with { PublicKey = pk, Kid = KeyId.Of(KeyKind.X25519, pk) }, "keys[1].pk");
        var payload = Text(Three.ToPayload());

        yield return Good("ninety", "ninety days, as central makes them; one has 25 hours", Three with { Keys = Days });
        yield return Good("three", "three days", Three);
        yield return Good("one", "one day", Three with { Keys = Days[..1] });
        yield return V("signer-receipts", "refused unknown-signer", "signed by the role of receipts", payload, ReceiptsRole);
        yield return V("signer-root", "refused unknown-signer", "signed by the root itself", payload, Root);
        yield return V("v2", "refused unknown-version", "version 2", payload.Set("v", "2"), at: "v");
        yield return V("foreign-fleet", "refused foreign", "of another fleet", payload.Set("fleet", "\"otherfleet234567\""));
        yield return Bad("none", "no day", Text((Three with { Keys = [] }).ToPayload()), "keys");
        yield return Bad("member-unknown", "a member that is not known", payload.And("\"zone\":\"Europe/Helsinki\""), "zone");
        yield return Bad("member-unknown-inside", "a member that is not known in a day", payload.With("\"destroyMs\":", "\"sk\":null,\"destroyMs\":"), "keys[0].sk");
        yield return Bad("member-missing-inside", "a day without destroyMs", payload.With($",\"destroyMs\":{Days[0].DestroyMs}", ""), "keys[0].destroyMs");
        yield return Bad("version-negative", "a negative version", payload.Set("version", "-1"), "version");
        yield return Bad("issued-negative", "issued before 1970", payload.Set("issuedMs", "-1"), "issuedMs");
        yield return Bad("keys-object", "days that are no list", payload[..payload.IndexOf('[', StringComparison.Ordinal)] + "{}}", "keys");
        yield return Day("kid-other", "the kid of another key", d => d with { Kid = Days[0].Kid }, "keys[1].kid");
        yield return Day("kid-ed25519", "the kid that the key would have as Ed25519", d => d with { Kid = KeyId.Of(KeyKind.Ed25519, d.PublicKey) }, "keys[1].kid");
        yield return Pk("pk-short", "a key of 31 bytes", Days[1].PublicKey[..31]);
        yield return Pk("pk-bit-255", "a key with bit 255 set", [.. Days[1].PublicKey[..31], (byte)(Days[1].PublicKey[31] | 0x80)]);
        yield return Pk("pk-p", "a key that is p", [0xED, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F]);
        yield return Pk("pk-zero", "a key that is zero", new byte[32]);
        yield return Pk("pk-order-8", "a key of order 8: anybody could open what is sealed to it", SealedVectors.Order8);
        yield return Day("gap", "a millisecond that belongs to no day", d => d with { FromMs = d.FromMs + 1 });
        yield return Day("overlap", "a millisecond that belongs to two days", d => d with { FromMs = d.FromMs - 1 });
        yield return Day("empty-day", "a day that ends when it begins", d => d with { UntilMs = d.FromMs });
        yield return Day("destroyed-before-end", "a day destroyed when it ends", d => d with { DestroyMs = d.UntilMs });
        yield return Day("twice", "the key of the day before once more", d => d with { Kid = Days[0].Kid, PublicKey = Days[0].PublicKey });
        yield return Bad("reordered", "days in another order", Text((Three with { Keys = [Days[0], Days[2], Days[1]] }).ToPayload()), "keys[1]");
        yield return Bad("left-out", "a day left out", Text((Three with { Keys = [Days[0], Days[2]] }).ToPayload()), "keys[1]");
        yield return Bad("pk-base64", "a key as base64 without padding", payload.With("=\"", "\""), "keys[0].pk");
    }

    private static IEnumerable<SignedVector> Documents()
    {
        var name = ("root", Trust.RootName);
        var held = ("held", "trust-good.json");
        static SignedVector V(string named, string expect, string about, byte[] file, (string, string) knows, string at = "") => new($"trust-{named}", "trust", expect, about, file) { Knows = [knows], At = at };
        static byte[] By(TrustDocument trust, params ISigner[] roots) => Envelope.Seal(PayloadTypes.Trust, trust.ToPayload(), roots);
        SignedVector Bad(string named, string about, string payload, string at, string why = "bad-payload") => V(named, $"refused {why}", about, Signed(PayloadTypes.Trust, payload, Root), name, at);
        var payload = Text(Trust.ToPayload());
        var turned = Trust with { Version = 4, Roots = [NewRoot.PublicKey] };
        var both = Trust with { Version = 4, Roots = [Root.PublicKey, NewRoot.PublicKey], Threshold = 2 };
        var nobody = CentralSigner.Import(Forge.Secret("nobody's root"));

        yield return V("good", "taken", "the first one, by the root's name on the code sheet", By(Trust, Root), name);
        yield return V("again", "taken", "the one that is held, once more", By(Trust, Root), held);
        yield return V("newer", "taken", "a newer one of the same root", By(Trust with { Version = 4 }, Root), held);
        yield return V("new-root", "taken", "a new root: signed by the old and by the new one", By(turned, Root, NewRoot), held);
        yield return V("two-roots", "taken", "two roots, both of which must sign", By(both, Root, NewRoot), held);
        yield return V("third-signature", "taken", "a signature of a key that is a root of neither is passed over", By(Trust with { Version = 4 }, nobody, Root), held);
        yield return V("no-roles", "taken", "nobody may sign anything", By(Trust with { Version = 4, Roles = new Dictionary<string, IReadOnlyList<TrustedKey>>(), Cas = [] }, Root), held);
        yield return V("signatures-none", "refused signature-count", "no signature", By(Trust), name);
        yield return V("signatures-twice", "refused signature-count", "the same signature twice", By(both with { Version = 3 }, Root, Root), name);
        yield return V("by-nobody", "refused too-few-roots", "signed by a key that is no root of it", By(Trust, nobody), name);
        yield return V("in-roots-name", "refused too-few-roots", "signed by another key under the root's name", Bytes(Text(By(Trust, nobody)).Set("keyid", $"\"{Root.Id}\"")), name);
        yield return V("one-of-two", "refused too-few-roots", "one signature where two roots must sign", By(both, Root), held);
        yield return V("new-root-alone", "refused too-few-roots", "a new root that the old one did not sign", By(turned, NewRoot), held);
        yield return V("old-root-alone", "refused too-few-roots", "a new root that did not sign itself", By(turned, Root), held);
        yield return V("of-another-type", "refused too-few-roots", "the same bytes, signed by the root as day keys", Bytes(Text(By(Trust, Root)).Set("sig", $"\"{Convert.ToBase64String(Root.Sign(PayloadTypes.DayKeys, Bytes(payload)))}\"")), name);
        yield return V("older", "refused stale", "an older one", By(Trust with { Version = 2 }, Root), held);
        yield return V("same-version", "refused stale", "another document of the version that is held", By(Trust with { Cas = [] }, Root), held);
        yield return V("foreign-fleet", "refused foreign", "another fleet's, of the same root", By(Trust with { Version = 4, Fleet = FleetId.Parse("otherfleet234567") }, Root), held);
        yield return V("other-root", "refused other-root", "whole in itself, but of another root than the code sheet names", By(Trust with { Roots = [NewRoot.PublicKey] }, NewRoot), name);
        yield return V("other-root-first", "refused other-root", "the code sheet's root stands second", By(Trust with { Roots = [NewRoot.PublicKey, Root.PublicKey] }, NewRoot), name);
        yield return V("wrong-type", "refused wrong-type", "a bundle of day keys", Signed(PayloadTypes.DayKeys, payload, Root), name);
        yield return Bad("v2", "version 2 of the format", payload.Set("v", "2"), "v", "unknown-version");
        yield return Bad("member-unknown", "a member that is not known", payload.And("\"owner\":null"), "owner");
        yield return Bad("roots-none", "no root", payload.With($"[\"{Convert.ToBase64String(Root.PublicKey)}\"]", "[]"), "roots");
        yield return Bad("roots-twice", "one root twice: it would count twice", Text((both with { Roots = [Root.PublicKey, Root.PublicKey] }).ToPayload()), "roots");
        yield return Bad("roots-short", "a root of 31 bytes", Text((Trust with { Roots = [Root.PublicKey, new byte[31]] }).ToPayload()), "roots");
        yield return Bad("roots-9", "nine roots", Text((Trust with { Roots = [.. Enumerable.Range(0, 9).Select(i => i == 0 ? Root.PublicKey : Forge.Secret($"root {i}"))] }).ToPayload()), "roots");
        yield return Bad("roots-spaced", "a root as base64 with a space in it", payload.With($"[\"{Convert.ToBase64String(Root.PublicKey)}", $"[\" {Convert.ToBase64String(Root.PublicKey)}"), "roots");
        yield return Bad("roots-bits", "a root as base64 whose last bits, which mean nothing, are not zero", payload.With($"{Convert.ToBase64String(Root.PublicKey)}\"]", $"{Convert.ToBase64String(Root.PublicKey)[..^2]}{(char)(Convert.ToBase64String(Root.PublicKey)[^2] + 1)}=\"]"), "roots");
        yield return Bad("threshold-0", "no signature needed", payload.Set("threshold", "0"), "threshold");
        yield return Bad("threshold-2", "more signatures needed than there are roots", payload.Set("threshold", "2"), "threshold");
        yield return Bad("role-unknown", "an unknown role", payload.With("\"commands\":", "\"listeners\":"), "roles.listeners");
        yield return Bad("role-twice", "a role twice", payload.With("\"roles\":{", "\"roles\":{\"receipts\":[],"), "roles.receipts");
        yield return Bad("role-key-twice", "a key twice in a role, withdrawn and active", Text((Trust with { Roles = new Dictionary<string, IReadOnlyList<TrustedKey>> { ["receipts"] = [Key(ReceiptsRole) with { Active = false }, Key(ReceiptsRole)] } }).ToPayload()), "roles.receipts");
        yield return Bad("kid-other", "the kid of another key", payload.With($"\"kid\":\"{CommandsRole.Id}\"", $"\"kid\":\"{ReceiptsRole.Id}\""), "roles[0].kid");
        yield return Bad("state-unknown", "a state that is not known", payload.With("\"state\":\"withdrawn\"", "\"state\":\"lost\""), "roles[0].state");
        yield return Bad("until-before-from", "a key that ends when it begins", payload.With($"\"untilMs\":{long.MaxValue}", "\"untilMs\":0"), "roles[0].untilMs");
        yield return Bad("ca-base64", "an authority that is no base64", payload.With("\"cas\":[\"", "\"cas\":[\"*"), "cas");
    }
}
