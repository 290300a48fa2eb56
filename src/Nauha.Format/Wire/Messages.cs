using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>An appliance is there. It informs; nothing is decided by it but what central sends next.</summary>
/// <param name="Session">Counts connections, so that a late will cannot end a newer session.</param>
/// <param name="StoreEpoch">Of central's store, as the newest receipt said.</param>
/// <param name="LastSeq">Newest record in the journal.</param>
/// <param name="Nonce">16 random bytes: central's signed time names them.</param>
public sealed record Birth(ApplianceId Appliance, ulong Session, string Version, bool Simulated, ulong StoreEpoch, ulong BundleVersion, ulong TrustVersion, ulong LastSeq, byte[] Nonce)
{
    public byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("appliance", Appliance.Text);
        json.WriteNumber("session", Session);
        json.WriteString("version", Version);
        json.WriteBoolean("simulated", Simulated);
        json.WriteNumber("storeEpoch", StoreEpoch);
        json.WriteNumber("bundleVersion", BundleVersion);
        json.WriteNumber("trustVersion", TrustVersion);
        json.WriteNumber("lastSeq", LastSeq);
        json.WriteString("nonce", Convert.ToHexStringLower(Nonce));
    });

    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Birth? birth, out string error) => StrictJson.TryRead(utf8, m =>
    {
        m.Version(1);
        return new Birth(m.Appliance("appliance"), m.Count("session"), Short(m, "version"), m.Flag("simulated"), m.Count("storeEpoch"), m.Count("bundleVersion"), m.Count("trustVersion"), m.Count("lastSeq"), m.Hex("nonce", 16));
    }, out birth, out error) && birth is not null;

    private static string Short(StrictJson.Members m, string key) => m.Text(key) is { Length: <= 64 } text ? text : throw m.Wrong(key, "is too long");
}

/// <summary>How an appliance is, now and then; as will, that it is gone.</summary>
/// <param name="Lines">Lines that work.</param>
/// <param name="Backlog">Recordings without receipt.</param>
/// <param name="StoragePercent">Of the flash, used.</param>
/// <param name="Notices">Codes of what somebody should look at, such as <c>history</c> or <c>clock</c>.</param>
/// <param name="LastSeq">Newest record in the journal: later calls begin later.</param>
public sealed record ApplianceStatus(ulong Session, bool Online, long AtMs, int Lines, int Recording, int Backlog, int StoragePercent, ulong LastSeq, IReadOnlyList<string> Notices)
{
    private const int MostNotices = 32;

    public byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("session", Session);
        json.WriteBoolean("online", Online);
        json.WriteNumber("atMs", AtMs);
        json.WriteNumber("lines", Lines);
        json.WriteNumber("recording", Recording);
        json.WriteNumber("backlog", Backlog);
        json.WriteNumber("storagePercent", StoragePercent);
        json.WriteNumber("lastSeq", LastSeq);
        json.WriteStartArray("notices");
        foreach (var notice in Notices) json.WriteStringValue(notice);
        json.WriteEndArray();
    });

    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out ApplianceStatus? status, out string error) => StrictJson.TryRead(utf8, m =>
    {
        m.Version(1);
        var status = new ApplianceStatus(m.Count("session"), m.Flag("online"), m.Whole("atMs"), m.Small("lines", 0, 1_000), m.Small("recording", 0, 1_000), m.Small("backlog", 0, int.MaxValue), m.Small("storagePercent", 0, 100), m.Count("lastSeq"), m.Texts("notices", MostNotices));
        return status.Notices.All(IsCode) ? status : throw m.Wrong("notices", "holds something that is no code");
    }, out status, out error) && status is not null;

    private static bool IsCode(string text) => text.Length is > 0 and <= 32 && text.All(c => char.IsAsciiLetterLower(c) || c == '-');
}

/// <summary>How far a recording in progress is on the disk: a salvaged file that is shorter later is contradicted.</summary>
/// <param name="Sha256">Of the file's bytes so far.</param>
public sealed record Progress(ulong Session, CallId Call, uint Frames, long Bytes, byte[] Sha256)
{
    public byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("session", Session);
        json.WriteString("call", Call.ToString());
        json.WriteNumber("frames", Frames);
        json.WriteNumber("bytes", Bytes);
        json.WriteString("hash", Convert.ToHexStringLower(Sha256));
    });

    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Progress? progress, out string error) => StrictJson.TryRead(utf8, m =>
    {
        m.Version(1);
        return new Progress(m.Count("session"), m.Call("call"), (uint)Math.Min(m.Count("frames"), uint.MaxValue), m.Whole("bytes"), m.Hex("hash", 32));
    }, out progress, out error) && progress is not null;
}

/// <summary>What central holds of files that are not whole yet: the appliance goes on from there.</summary>
/// <param name="Checkpoint">In the answer to a birth: the newest audit checkpoint, a signed note. Else null.</param>
public sealed record Have(IReadOnlyList<Have.Held> Holds, string? Checkpoint = null)
{
    public readonly record struct Held(CallId Call, long Bytes);

    public byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteStartArray("holds");
        foreach (var held in Holds)
        {
            json.WriteStartObject();
            json.WriteString("call", held.Call.ToString());
            json.WriteNumber("bytes", held.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("checkpoint", Checkpoint);
    });

    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Have? have, out string error) => StrictJson.TryRead(utf8, m =>
    {
        m.Version(1);
        return new Have(m.List("holds", 10_000, h => new Held(h.Call("call"), (long)Math.Min(h.Count("bytes"), long.MaxValue))), m.TextOrNull("checkpoint"));
    }, out have, out error) && have is not null;
}

/// <summary>What an appliance gets at the end of its enrolment.</summary>
public sealed record EnrolmentAnswer(FleetId Fleet, ApplianceId Appliance, byte[] Trust, byte[] Bundle, string MqttHost, int MqttPort, long NowMs)
{
    public byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteString("appliance", Appliance.Text);
        json.WriteBase64String("trust", Trust);
        json.WriteBase64String("bundle", Bundle);
        json.WriteString("mqttHost", MqttHost);
        json.WriteNumber("mqttPort", MqttPort);
        json.WriteNumber("nowMs", NowMs);
    });

    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out EnrolmentAnswer? answer, out string error) => StrictJson.TryRead(utf8, m =>
    {
        m.Version(1);
        return new EnrolmentAnswer(m.Fleet("fleet"), m.Appliance("appliance"), m.Blob("trust"), m.Blob("bundle"), m.Text("mqttHost"), m.Small("mqttPort", 1, 65_535), m.Whole("nowMs"));
    }, out answer, out error) && answer is not null;
}
