using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Nauha.Format;

/// <summary>A day whose key is gone.</summary>
/// <param name="DestroyMs">When it was to be destroyed, as its bundle said.</param>
/// <param name="DestroyedMs">When it was.</param>
public sealed record DestroyedDay(DateOnly Day, KeyId Kid, long DestroyMs, long DestroyedMs);

/// <summary>How the numbers of one line on one day ended. They reconcile: each number stands in one column.</summary>
/// <param name="Numbered">Numbers that the line gave on this day.</param>
/// <param name="Destroyed">Recordings that central had, and destroyed; those destroyed early among them.</param>
/// <param name="Early">Of these, destroyed before their time.</param>
/// <param name="UnderHold">Kept for a hold; they follow when it ends.</param>
/// <param name="TooLate">Came after the day was destroyed, and were destroyed unheard.</param>
/// <param name="ExpiredUnsent">Never came.</param>
public sealed record LineTally(DateOnly Day, ApplianceId Appliance, LineId Line, int Numbered, int Destroyed, int Early, int UnderHold, int TooLate, int ExpiredUnsent, int Failed, int Excluded, int Missed)
{
    public bool Reconciles => Numbered == (long)Destroyed + UnderHold + TooLate + ExpiredUnsent + Failed + Excluded + Missed && Early <= Destroyed;
}

/// <summary>
/// A certificate of destruction: which day keys went, and what became of every number of those days. Signed by the role
/// daykeys; nothing personal in it. A later one replaces the tallies of the days that it names. FORMAT.md §5.
/// </summary>
/// <param name="Number">From 1, without gaps.</param>
public sealed record Destruction(FleetId Fleet, ulong Number, long AtMs, IReadOnlyList<DestroyedDay> Days, IReadOnlyList<LineTally> Lines)
{
    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteNumber("number", Number);
        json.WriteNumber("atMs", AtMs);
        json.WriteStartArray("days");
        foreach (var day in Days)
        {
            json.WriteStartObject();
            json.WriteString("day", Text(day.Day));
            json.WriteString("kid", day.Kid.ToString());
            json.WriteNumber("destroyMs", day.DestroyMs);
            json.WriteNumber("destroyedMs", day.DestroyedMs);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("lines");
        foreach (var line in Lines)
        {
            json.WriteStartObject();
            json.WriteString("day", Text(line.Day));
            json.WriteString("appliance", line.Appliance.Text);
            json.WriteNumber("line", line.Line.Number);
            json.WriteNumber("numbered", line.Numbered);
            json.WriteNumber("destroyed", line.Destroyed);
            json.WriteNumber("early", line.Early);
            json.WriteNumber("underHold", line.UnderHold);
            json.WriteNumber("tooLate", line.TooLate);
            json.WriteNumber("expiredUnsent", line.ExpiredUnsent);
            json.WriteNumber("failed", line.Failed);
            json.WriteNumber("excluded", line.Excluded);
            json.WriteNumber("missed", line.Missed);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out Destruction? certificate, out string error) => StrictJson.TryRead(payload, Read, out certificate, out error) && certificate is not null;

    /// <summary>Reads a certificate as FORMAT.md §5.7 asks: signed by a key of the role, for this fleet.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, FleetId fleet, out Destruction? certificate, out string error)
    {
        var fault = Envelope.Read(envelope, PayloadTypes.Destruction, keyring, Read, out certificate, out _, out error);
        if (fault != DocumentFault.None || certificate!.Fleet == fleet) return fault;
        error = "belongs to another fleet";
        return DocumentFault.Foreign;
    }

    private static Destruction Read(StrictJson.Members m)
    {
        m.Version(1);
        return new Destruction(m.Fleet("fleet"), m.Ordinal("number"), m.Moment("atMs"),
            m.List("days", 400, d => new DestroyedDay(Date(d), d.Key("kid"), d.Moment("destroyMs"), d.Moment("destroyedMs"))),
            m.List("lines", 100_000, l => new LineTally(Date(l), l.Appliance("appliance"), new(l.Small("line", 1, LineId.Highest)), Count(l, "numbered"), Count(l, "destroyed"), Count(l, "early"), Count(l, "underHold"),
                Count(l, "tooLate"), Count(l, "expiredUnsent"), Count(l, "failed"), Count(l, "excluded"), Count(l, "missed")) is { Reconciles: true } tally ? tally : throw l.Wrong("numbered", "is not the sum of the others")));
    }

    private static int Count(StrictJson.Members m, string key) => m.Small(key, 0, int.MaxValue);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateOnly Date(StrictJson.Members m) => DateOnly.TryParseExact(m.Text("day"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw m.Wrong("day", "is no day");
}
