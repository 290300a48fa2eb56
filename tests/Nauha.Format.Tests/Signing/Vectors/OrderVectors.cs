using Nauha.Format.Tests.Sealing.Vectors;
using static Nauha.Format.Tests.Signing.Vectors.Scribe;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>Orders, answers, times and certificates of destruction. FORMAT.md §5.5 to §5.7.</summary>
internal static class OrderVectors
{
    private static readonly byte[] Id = Forge.Secret("the order's id")[..16];

    public static List<SignedVector> All() => [.. Orders(), .. Answers(), .. Times(), .. Certificates()];

    private static IEnumerable<SignedVector> Orders()
    {
        static string Of(Order order) => Text(new SignedOrder(Forge.Fleet, Forge.Appliance, 5, 2, Id, order, 600, null).ToPayload());
        static SignedVector V(string name, string expect, string about, string payload, ISigner? by = null, string at = "") => new($"order-{name}", "order", expect, about, Signed(PayloadTypes.Command, payload, by ?? CommandsRole)) { At = at };
        static SignedVector Bad(string name, string about, string payload, string at) => V(name, "refused bad-payload", about, payload, at: at);
        var (destroy, mask, after) = (Of(new Order.Destroy(Call)), Of(new Order.Mask(new(1), 60)), Of(new Order.Continue(20, Forge.Secret("record 20"), new Dictionary<int, ulong> { [1] = 5, [8] = 12 })));

        yield return V("destroy", "taken", "destroy a call", destroy);
        yield return V("expires", "taken", "with a moment after which it is too late", destroy.Set("expiresMs", "1790000000000"));
        yield return V("offer", "taken", "offer again what is still there", Of(new Order.Offer(7)));
        yield return V("continue", "taken", "go on after what central has", after);
        yield return V("list-key", "taken", "make a key", Of(new Order.ListKey()));
        yield return V("exclude", "taken", "numbers that are never recorded", Of(new Order.Exclude(3, new byte[1_072])));
        yield return V("roster", "taken", "whose badge is whose", Of(new Order.Roster(3, new byte[1_072])));
        yield return V("mask", "taken", "mask a line", mask);
        yield return V("signer-receipts", "refused unknown-signer", "signed by the role of receipts", destroy, ReceiptsRole);
        yield return V("signer-box", "refused unknown-signer", "signed by the appliance itself", destroy, Forge.Signer);
        yield return V("v2", "refused unknown-version", "version 2", destroy.Set("v", "2"), at: "v");
        yield return V("foreign-appliance", "refused foreign", "for another appliance", destroy.Set("appliance", $"\"{Forge.OtherAppliance}\""));
        yield return V("foreign-fleet", "refused foreign", "of another fleet", destroy.Set("fleet", "\"otherfleet234567\""));
        yield return Bad("member-unknown", "a member that is not known", destroy.And("\"force\":true"), "force");
        yield return Bad("member-missing", "no ttlS", destroy.Without("ttlS"), "ttlS");
        yield return Bad("name-unknown", "an order that is none", destroy.Set("name", "\"listen\""), "name");
        yield return Bad("name-of-another", "the arguments of another order", destroy.Set("name", "\"mask\""), "args.line");
        yield return Bad("args-unknown", "an argument that is not known", destroy.With($"\"call\":\"{Call}\"", $"\"call\":\"{Call}\",\"all\":true"), "args.all");
        yield return Bad("args-null", "no arguments", Of(new Order.ListKey()).With("\"args\":{}", "\"args\":null"), "args");
        yield return Bad("args-too-many", "an argument where there is none", Of(new Order.ListKey()).With("\"args\":{}", "\"args\":{\"call\":null}"), "args.call");
        yield return Bad("id-short", "an id of 15 bytes", destroy.Set("id", $"\"{new string('0', 30)}\""), "id");
        yield return Bad("session-negative", "a negative session", destroy.Set("session", "-1"), "session");
        yield return Bad("ttl-0", "good for no time", destroy.Set("ttlS", "0"), "ttlS");
        yield return Bad("ttl-86401", "good for a second more than a day", destroy.Set("ttlS", "86401"), "ttlS");
        yield return Bad("expires-negative", "too late before 1970", destroy.Set("expiresMs", "-1"), "expiresMs");
        yield return Bad("mask-line-0", "mask no line", mask.Set("line", "0"), "args.line");
        yield return Bad("mask-long", "mask for more than an hour", mask.Set("seconds", "3601"), "args.seconds");
        yield return Bad("continue-line-65", "a number of line 65", after.With("\"8\":12", "\"65\":12"), "args.numbers");
        yield return Bad("continue-line-08", "a line with a zero before it", after.With("\"8\":12", "\"08\":12"), "args.numbers");
        yield return Bad("continue-line-twice", "a line twice", after.With("\"8\":12", "\"1\":12"), "args.numbers.1");
        yield return Bad("continue-negative", "a negative number", after.With("\"8\":12", "\"8\":-1"), "args.numbers");
        yield return Bad("continue-2-63", "the number 2^63", after.With("\"8\":12", "\"8\":9223372036854775808"), "args.numbers");
        yield return Bad("continue-text", "a number as text", after.With("\"8\":12", "\"8\":\"12\""), "args.numbers");
    }

    private static IEnumerable<SignedVector> Answers()
    {
        static SignedVector V(string name, string expect, string about, string payload, ISigner? by = null, string at = "") => new($"answer-{name}", "answer", expect, about, Signed(PayloadTypes.Answer, payload, by ?? Forge.Signer)) { At = at };
        static string Of(string? detail) => Text(new Answer(Forge.Appliance, 5, Id, AnswerResult.Refused, detail).ToPayload());
        var payload = Of("there is no such line");

        yield return V("refused", "taken", "an order that was refused, and why", payload);
        yield return V("done", "taken", "an order that was obeyed", Of(null).Set("result", "\"done\""));
        yield return V("detail-200", "taken", "200 characters", Of(new('ä', 200)));
        yield return V("detail-201", "refused bad-payload", "201 characters", Of(new('x', 201)), at: "detail");
        yield return V("detail-pairs", "refused bad-payload", "101 characters of two UTF-16 units each", Of(string.Concat(Enumerable.Repeat("\U0001F4DE", 101))), at: "detail");
        yield return V("result-unknown", "refused bad-payload", "a result that is none", payload.Set("result", "\"later\""), at: "result");
        yield return V("id-short", "refused bad-payload", "an id of 15 bytes", payload.Set("id", $"\"{new string('0', 30)}\""), at: "id");
        yield return V("v2", "refused unknown-version", "version 2", payload.Set("v", "2"), at: "v");
        yield return V("foreign-appliance", "refused foreign", "in another appliance's name", payload.Set("appliance", $"\"{Forge.OtherAppliance}\""));
        yield return V("signer-central", "refused unknown-signer", "signed by the role of commands", payload, CommandsRole);
        yield return V("signer-another-box", "refused unknown-signer", "signed by another appliance", payload, Forge.Stranger);
    }

    private static IEnumerable<SignedVector> Times()
    {
        static SignedVector V(string name, string expect, string about, string payload, ISigner? by = null, string at = "") => new($"time-{name}", "time", expect, about, Signed(PayloadTypes.Time, payload, by ?? CommandsRole)) { At = at };
        var payload = Text(new CentralTime(Id, 1_790_000_000_000).ToPayload());

        yield return V("good", "taken", "central's time for a nonce", payload);
        yield return V("v", "refused bad-payload", "a version, which a time has not", payload.And("\"v\":1"), at: "v");
        yield return V("nonce-short", "refused bad-payload", "a nonce of 15 bytes", payload.Set("nonce", $"\"{new string('0', 30)}\""), at: "nonce");
        yield return V("now-negative", "refused bad-payload", "before 1970", payload.Set("nowMs", "-1"), at: "nowMs");
        yield return V("now-null", "refused bad-payload", "no time", payload.Set("nowMs", "null"), at: "nowMs");
        yield return V("signer-receipts", "refused unknown-signer", "signed by the role of receipts", payload, ReceiptsRole);
    }

    private static IEnumerable<SignedVector> Certificates()
    {
        static SignedVector V(string name, string expect, string about, string payload, ISigner? by = null, string at = "") => new($"destruction-{name}", "destruction", expect, about, Signed(PayloadTypes.Destruction, payload, by ?? DayKeysRole)) { At = at };
        var tally = new LineTally(new(2026, 8, 31), Forge.Appliance, new(1), 7, 1, 1, 1, 1, 1, 1, 1, 1);
        var certificate = new Destruction(Forge.Fleet, 1, 1_790_000_000_000, [new(new(2026, 8, 31), Forge.Day.Id, 1_789_000_000_000, 1_789_000_000_500)], [tally]);
        var payload = Text(certificate.ToPayload());
        SignedVector Bad(string name, string about, string written, string at) => V(name, "refused bad-payload", about, written, at: at);
        SignedVector Tally(string name, string about, LineTally other) => Bad(name, about, Text((certificate with { Lines = [other] }).ToPayload()), "lines[0].numbered");

        yield return V("good", "taken", "a day and its numbers", payload);
        yield return V("nothing", "taken", "no day and no line", Text((certificate with { Days = [], Lines = [] }).ToPayload()));
        yield return V("signer-receipts", "refused unknown-signer", "signed by the role of receipts", payload, ReceiptsRole);
        yield return V("v2", "refused unknown-version", "version 2", payload.Set("v", "2"), at: "v");
        yield return V("foreign-fleet", "refused foreign", "of another fleet", payload.Set("fleet", "\"otherfleet234567\""));
        yield return Bad("member-unknown", "a member that is not known", payload.And("\"by\":null"), "by");
        yield return Bad("number-0", "certificate 0", payload.Set("number", "0"), "number");
        yield return Bad("day-none", "the 31st of September", payload.With("2026-08-31", "2026-09-31"), "days[0].day");
        yield return Bad("day-short", "a day without its zeros", payload.With("2026-08-31", "2026-8-31"), "days[0].day");
        yield return Bad("kid-short", "a kid of 15 bytes", payload.Set("kid", $"\"{Forge.Day.Id.ToString()[2..]}\""), "days[0].kid");
        yield return Bad("line-0", "a line that is none", payload.Set("line", "0"), "lines[0].line");
        yield return Bad("count-negative", "a negative count", payload.Set("missed", "-1"), "lines[0].missed");
        yield return Bad("count-2-31", "a count of 2^31", payload.Set("missed", "2147483648"), "lines[0].missed");
        yield return Tally("sum", "numbers that do not reconcile", tally with { Numbered = 8 });
        yield return Tally("early", "more destroyed early than destroyed", tally with { Early = 2 });
        yield return Tally("sum-overflows", "counts whose sum is beyond 32 bits", tally with { Destroyed = int.MaxValue, Missed = int.MaxValue });
    }
}
