using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Nauha.Format;

/// <summary>What central may tell an appliance to do. A closed list.</summary>
public abstract record Order
{
    private Order() { }

    /// <summary>Destroy this call's recording now, wherever it lies on the box.</summary>
    public sealed record Destroy(CallId Call) : Order;

    /// <summary>Central's store is of a newer epoch: offer again whatever has no receipt of it.</summary>
    public sealed record Offer(ulong StoreEpoch) : Order;

    /// <summary>
    /// Central knows more of this appliance's chain than the appliance does: its data was restored, emptied or cloned. The
    /// next record follows this one, and each line counts on from its number, so that nothing is numbered twice.
    /// </summary>
    /// <param name="Seq">Of the last record that central has, or has had.</param>
    /// <param name="Hash">SHA-256 of that record's payload.</param>
    /// <param name="Numbers">The highest call number of each line.</param>
    public sealed record Continue(ulong Seq, byte[] Hash, IReadOnlyDictionary<int, ulong> Numbers) : Order;

    /// <summary>Make a key for this session and answer with its public half: a list that follows is sealed to it.</summary>
    public sealed record ListKey : Order;

    /// <summary>Numbers that are never recorded, from now on: a <see cref="NumberList"/>, sealed to this session's key.</summary>
    public sealed record Exclude(ulong Version, byte[] Sealed) : Order;

    /// <summary>Whose badge is whose, from now on: a <see cref="BadgeList"/>, sealed to this session's key.</summary>
    public sealed record Roster(ulong Version, byte[] Sealed) : Order;

    /// <summary>Mask what is said on a line for so many seconds; 0: no more.</summary>
    public sealed record Mask(LineId Line, int Seconds) : Order;

    public string Name => this switch { Destroy => "destroy", Offer => "offer", Continue => "continue", ListKey => "list-key", Exclude => "exclude", Roster => "roster", _ => "mask" };
}

/// <summary>An order, signed by the role commands; good for one session of one appliance, once.</summary>
/// <param name="Session">The appliance's connection for which it was signed.</param>
/// <param name="Seq">Grows within a session: one that comes again does nothing.</param>
/// <param name="Id">16 random bytes; the answer names them.</param>
public sealed record SignedOrder(FleetId Fleet, ApplianceId Appliance, ulong Session, ulong Seq, byte[] Id, Order Order, int TtlSeconds, long? ExpiresMs)
{
    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteString("appliance", Appliance.Text);
        json.WriteNumber("session", Session);
        json.WriteNumber("seq", Seq);
        json.WriteString("id", Convert.ToHexStringLower(Id));
        json.WriteString("name", Order.Name);
        json.WriteStartObject("args");
        if (Order is Order.Destroy { Call: var call }) json.WriteString("call", call.ToString());
        if (Order is Order.Offer { StoreEpoch: var epoch }) json.WriteNumber("storeEpoch", epoch);
        if (Order is Order.Continue after)
        {
            json.WriteNumber("seq", after.Seq);
            json.WriteString("hash", Convert.ToHexStringLower(after.Hash));
            json.WriteStartObject("numbers");
            foreach (var (line, number) in after.Numbers) json.WriteNumber(line.ToString(CultureInfo.InvariantCulture), number);
            json.WriteEndObject();
        }
        if (Order is Order.Exclude list)
        {
            json.WriteNumber("version", list.Version);
            json.WriteBase64String("sealed", list.Sealed);
        }
        if (Order is Order.Roster roster)
        {
            json.WriteNumber("version", roster.Version);
            json.WriteBase64String("sealed", roster.Sealed);
        }
        if (Order is Order.Mask mask)
        {
            json.WriteNumber("line", mask.Line.Number);
            json.WriteNumber("seconds", mask.Seconds);
        }
        json.WriteEndObject();
        json.WriteNumber("ttlS", TtlSeconds);
        if (ExpiresMs is { } at) json.WriteNumber("expiresMs", at); else json.WriteNull("expiresMs");
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out SignedOrder? command, out string error) => StrictJson.TryRead(payload, Read, out command, out error) && command is not null;

    /// <summary>Reads an order as FORMAT.md §5.5 asks: signed by a key of the role, for this fleet and appliance. Session and seq are for the caller to judge.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, FleetId fleet, ApplianceId appliance, out SignedOrder? command, out string error)
    {
        var fault = Envelope.Read(envelope, PayloadTypes.Command, keyring, Read, out command, out _, out error);
        if (fault != DocumentFault.None || (command!.Fleet == fleet && command.Appliance == appliance)) return fault;
        error = "is for another appliance";
        return DocumentFault.Foreign;
    }

    private static SignedOrder Read(StrictJson.Members m)
    {
        m.Version(1);
        var (fleet, appliance, session, seq, id) = (m.Fleet("fleet"), m.Appliance("appliance"), m.Count("session"), m.Count("seq"), m.Hex("id", 16));
        Order order = m.Text("name") switch
        {
            "destroy" => m.Nested("args", a => new Order.Destroy(a.Call("call"))),
            "offer" => m.Nested("args", a => new Order.Offer(a.Count("storeEpoch"))),
            "continue" => m.Nested("args", a => new Order.Continue(a.Count("seq"), a.Hex("hash", 32), Numbers(a))),
            "list-key" => m.Nested<Order>("args", _ => new Order.ListKey()),
            "exclude" => m.Nested("args", a => new Order.Exclude(a.Count("version"), a.Blob("sealed"))),
            "roster" => m.Nested("args", a => new Order.Roster(a.Count("version"), a.Blob("sealed"))),
            "mask" => m.Nested("args", a => new Order.Mask(new(a.Small("line", 1, LineId.Highest)), a.Small("seconds", 0, 3_600))),
            _ => throw m.Wrong("name", "is not known"),
        };
        return new SignedOrder(fleet, appliance, session, seq, id, order, m.Small("ttlS", 1, 86_400), m.MomentOrNull("expiresMs"));
    }

    private static SortedDictionary<int, ulong> Numbers(StrictJson.Members args)
    {
        var numbers = new SortedDictionary<int, ulong>();
        foreach (var (line, number) in args.Map("numbers", n => n.ValueKind == JsonValueKind.Number && n.TryGetUInt64(out var value) && value <= long.MaxValue ? value : throw args.Wrong("numbers", "holds something that is no number")))
            if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var of) || of is < 1 or > LineId.Highest || of.ToString(CultureInfo.InvariantCulture) != line || !numbers.TryAdd(of, number)) throw args.Wrong("numbers", "names a line that is none");
        return numbers;
    }
}

public enum AnswerResult { Done, Refused, Failed }

/// <summary>What came of an order, signed by the appliance.</summary>
/// <param name="Detail">In words, without anything personal; null where there is nothing to say.</param>
public sealed record Answer(ApplianceId Appliance, ulong Session, byte[] Id, AnswerResult Result, string? Detail)
{
    private static readonly string[] Results = ["done", "refused", "failed"];

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("appliance", Appliance.Text);
        json.WriteNumber("session", Session);
        json.WriteString("id", Convert.ToHexStringLower(Id));
        json.WriteString("result", Results[(int)Result]);
        json.WriteString("detail", Detail);
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out Answer? answer, out string error) => StrictJson.TryRead(payload, Read, out answer, out error) && answer is not null;

    /// <summary>Reads an answer as FORMAT.md §5.6 asks: signed by the key of this appliance.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, ApplianceId appliance, out Answer? answer, out string error)
    {
        var fault = Envelope.Read(envelope, PayloadTypes.Answer, keyring, Read, out answer, out _, out error);
        if (fault != DocumentFault.None || answer!.Appliance == appliance) return fault;
        error = $"is of {answer.Appliance}";
        return DocumentFault.Foreign;
    }

    private static Answer Read(StrictJson.Members m)
    {
        m.Version(1);
        return new Answer(m.Appliance("appliance"), m.Count("session"), m.Hex("id", 16), Array.IndexOf(Results, m.Text("result")) is >= 0 and var result ? (AnswerResult)result : throw m.Wrong("result", "is not known"),
            m.TextOrNull("detail") switch { { Length: > 200 } => throw m.Wrong("detail", "is too long"), var detail => detail });
    }
}

/// <summary>Central's time for a nonce, signed by the role commands. Good where it came back within two seconds.</summary>
/// <param name="Nonce">16 bytes that the appliance has said in its birth.</param>
public sealed record CentralTime(byte[] Nonce, long NowMs)
{
    public static readonly TimeSpan LongestRoundTrip = TimeSpan.FromSeconds(2);

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteString("nonce", Convert.ToHexStringLower(Nonce));
        json.WriteNumber("nowMs", NowMs);
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out CentralTime? time, out string error) => StrictJson.TryRead(payload, Read, out time, out error) && time is not null;

    /// <summary>Reads a time as FORMAT.md §5.6 asks. Whether it answers what was asked, and soon enough, is for the caller to judge.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, out CentralTime? time, out string error) => Envelope.Read(envelope, PayloadTypes.Time, keyring, Read, out time, out _, out error);

    private static CentralTime Read(StrictJson.Members m) => new(m.Hex("nonce", 16), m.Moment("nowMs"));
}
