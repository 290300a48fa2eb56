using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nauha.Format;

namespace Nauha.Central.Tests;

/// <summary>An appliance made of nothing but the format: it enrols over HTTPS and makes records and recordings.</summary>
internal sealed class FakeAppliance : IDisposable
{
    private readonly RunningCentral _central;
    private ulong _seq;
    private byte[] _prev = new byte[32];

    private FakeAppliance(RunningCentral central) => _central = central;

    public ApplianceId Id { get; private set; }

    public ApplianceSigner Signer { get; } = ApplianceSigner.Create();

    public X509Certificate2 Tls { get; private set; } = null!;

    public X509Certificate2 SigningCertificate { get; private set; } = null!;

    /// <summary>The key of the present day, out of central's newest bundle.</summary>
    public DayKeyEntry Today => DayOf(NowMs);

    public DayKeyEntry DayOf(long ms) =>
        Envelope.TryOpen(_central.Keys.Bundle(out _), PayloadTypes.DayKeys, new TrustKeyring(_central.Register.Trust), out var opened, out var error) && DayKeyBundle.TryParse(opened.Payload, out var bundle, out error) ? bundle.EntryFor(ms).Entry : throw new InvalidOperationException(error);

    /// <summary>What its clock claims; null: it goes right.</summary>
    public long? StartedMs { get; set; }

    public long NowMs => _central.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<FakeAppliance> EnrolledAsync(RunningCentral central)
    {
        var appliance = new FakeAppliance(central);
        var code = await central.Register.ExpectAsync("Branch", 2, "operator:test", CancellationToken.None);
        var (status, tls) = await appliance.BuyAsync(code.Code);
        if (tls is null) throw new InvalidOperationException($"enrolment was answered with {status}");
        appliance.Tls = tls;
        appliance.Id = ApplianceId.Parse(code.Appliance);
        using var mutual = appliance.Http(appliance.Tls);
        using var signing = await mutual.PostAsync(central.Url("/.well-known/est/signing/simpleenroll"), Body(appliance.Signer.Key));
        signing.EnsureSuccessStatusCode();
        appliance.SigningCertificate = WithKey(await signing.Content.ReadAsStringAsync(), appliance.Signer.Key);
        if (!EnrolmentAnswer.TryParse(await mutual.GetByteArrayAsync(central.Url("/.well-known/nauha/documents")), out var answer, out var error)) throw new InvalidOperationException(error);
        if (!Envelope.TryOpen(answer.Bundle, PayloadTypes.DayKeys, new TrustKeyring(central.Register.Trust), out _, out error)) throw new InvalidOperationException(error);
        return appliance;
    }

    /// <summary>Spends a code; the certificate comes with its key.</summary>
    public async Task<(int Status, X509Certificate2? Certificate)> BuyAsync(string code)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var http = Http(null);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"enrol:{code}")));
        using var response = await http.PostAsync(_central.Url("/.well-known/est/simpleenroll"), Body(key));
        return ((int)response.StatusCode, response.IsSuccessStatusCode ? WithKey(await response.Content.ReadAsStringAsync(), key) : null);
    }

    public HttpClient Http(X509Certificate2? own)
    {
        var ssl = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => TrustedServer.IsGood(X509CertificateLoader.LoadCertificate(shown!.GetRawCertData()), _central.Register.Trust, _central.Time.GetUtcNow()) };
        if (own is not null) ssl.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        return new(new SocketsHttpHandler { SslOptions = ssl });
    }

    public static StringContent Body(ECDsa key) => new(Convert.ToBase64String(new CertificateRequest("CN=appliance", key, HashAlgorithmName.SHA256).CreateSigningRequest()), Encoding.ASCII, "application/pkcs10");

    private static X509Certificate2 WithKey(string pkcs7, ECDsa key)
    {
        var certificates = new X509Certificate2Collection();
#pragma warning disable SYSLIB0057 // no newer loader reads PKCS#7
        certificates.Import(Convert.FromBase64String(string.Concat(pkcs7.Where(c => !char.IsWhiteSpace(c)))));
#pragma warning restore SYSLIB0057
        return X509Certificate2.CreateFromPem(certificates[0].ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The next record of the chain, as envelope.</summary>
    public byte[] Record(RecordKind kind, CallId call, ulong number, RecordFacts? facts = null, RecordedFile? file = null, Func<CallRecord, CallRecord>? change = null, DayKeyEntry? day = null)
    {
        var key = day ?? Today;
        var record = new CallRecord
        {
            Fleet = _central.Keys.Fleet,
            Appliance = Id,
            Seq = ++_seq,
            Prev = _prev,
            Kind = kind,
            Call = call,
            Line = new(1),
            CallNumber = number,
            Started = new(StartedMs ?? NowMs, ClockSource.Ntp, 20),
            DayKid = key.Kid,
            Ending = kind == RecordKind.Start ? null : kind == RecordKind.None ? Ending.Missed : Ending.Recorded,
            Recording = file,
            Sealed = (facts ?? new()).Seal(key.PublicKey, _central.Keys.Fleet, Id, call, kind, _seq),
        };
        var payload = (change is null ? record : change(record)).ToPayload();
        _prev = CallRecord.HashOf(payload);
        return Envelope.Seal(PayloadTypes.Record, payload, Signer);
    }

    public static RecordFacts Facts(string party, string agent)
    {
        if (!PhoneNumber.TryParse(party, out var number) || !AgentId.TryParse(agent, out var id)) throw new FormatException();
        return new() { Party = number, Direction = Direction.Incoming, Agent = id, AgentKnownBy = "line", Announcement = new("fi-1", new byte[32], 0.98, new(true, true, true, null, null)), NoticeVersion = "1" };
    }

    /// <summary>A closed recording, sealed to today's key or another.</summary>
    public (byte[] Bytes, RecordedFile Facts) Recording(CallId call, ulong number, int frames = 200, DayKeyEntry? day = null)
    {
        var key = day ?? Today;
        using var writer = new SealedFileWriter(new(_central.Keys.Fleet, Id, call, new(1), number, new(StartedMs ?? NowMs, ClockSource.Ntp, 20), key.Kid), key.PublicKey, new() { PreSkip = 52, Source = "simulated", DbvAtFullScale = 6.5 }, Signer);
        var bytes = new List<byte>(writer.Start());
        for (var i = 0; i < frames; i++) bytes.AddRange(writer.Frame((ulong)(i * 4_000), 4_000, new byte[1_500], []).Span);
        bytes.AddRange(writer.Final([]));
        var facts = writer.Facts!;
        return ([.. bytes], new(facts.Sha256, facts.Bytes, facts.Frames, facts.Closing));
    }

    public static IEnumerable<Part> Parts(CallId call, byte[] file)
    {
        for (var at = 0; at < file.Length; at += Part.Longest) yield return new(call, at, file.Length, file.AsMemory(at, Math.Min(Part.Longest, file.Length - at)));
    }

    /// <summary>Says all of a call: start, amend, end, and every part. What came back to the last part.</summary>
    public async Task<Receipt> DeliverAsync(CallId call, ulong number, byte[] file, RecordedFile facts, DayKeyEntry? day = null)
    {
        await _central.HearsAsync(Id, TopicKind.Record, Record(RecordKind.Start, call, number, day: day));
        await _central.HearsAsync(Id, TopicKind.Record, Record(RecordKind.Amend, call, number, Facts("0409990123", "desk-1"), day: day));
        await _central.HearsAsync(Id, TopicKind.Record, Record(RecordKind.End, call, number, Facts("0409990123", "desk-1"), facts, day: day));
        List<(TopicKind Kind, byte[] Payload)> answer = [];
        foreach (var part in Parts(call, file)) answer = await _central.HearsAsync(Id, TopicKind.Part, part.ToBytes());
        return _central.ReadReceipt(answer.Single());
    }

    public void Dispose()
    {
        Signer.Dispose();
        Tls?.Dispose();
        SigningCertificate?.Dispose();
    }
}
