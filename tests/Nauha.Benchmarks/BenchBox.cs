using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Benchmarks;

/// <summary>A data folder as an enrolment leaves it, of a central that does not exist.</summary>
internal sealed class BenchBox : IDisposable
{
    private readonly CentralSigner _root = CentralSigner.Create(), _central = CentralSigner.Create();
    private readonly FleetId _fleet = FleetId.From(new byte[10]);
    private readonly ApplianceId _appliance = ApplianceId.From([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);

    public BenchBox()
    {
        Data = Directory.CreateTempSubdirectory("nauha-bench-").FullName;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var today = RetentionPeriod.DayOf(now, RetentionPeriod.Zone).AddDays(-1);
        var days = Enumerable.Range(0, 90).Select(i =>
        {
            using var secret = DaySecret.Create();
            return DayKeyEntry.For(today.AddDays(i), secret.PublicKey);
        }).ToList();
        IReadOnlyList<TrustedKey> central = [new(_central.Id, _central.PublicKey, 0, long.MaxValue, true)];
        var trust = new TrustDocument(_fleet, 1, [_root.PublicKey], 1, new Dictionary<string, IReadOnlyList<TrustedKey>> { ["daykeys"] = central, ["commands"] = central, ["receipts"] = central }, []);
        using var signer = ApplianceSigner.Create();
        BoxIdentity.Save(Data, new(_fleet, _appliance, Envelope.Seal(PayloadTypes.Trust, trust.ToPayload(), _root), Envelope.Seal(PayloadTypes.DayKeys, new DayKeyBundle(_fleet, 1, now - 1_000, days).ToPayload(), _central), "localhost", 8883, now - 1_000), signer.ExportPem(), "", "", "");
        File.WriteAllText(Path.Combine(Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"bench"}""");
        Identity = BoxIdentity.Load(Data);
    }

    public string Data { get; }

    public BoxIdentity Identity { get; }

    public CallVault Open(TimeProvider? time = null) => CallVault.Open(Data, Identity, true, time ?? TimeProvider.System, NullLogger.Instance);

    public void Dispose()
    {
        Identity.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}
