using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>What a technician gets to enrol one appliance.</summary>
public sealed record EnrolmentCode(string Appliance, string Code, string TrustRoot, long ExpiresMs);

/// <summary>The register of appliances: who they are, with which keys, and whether they still may come.</summary>
public sealed class Register(IDbContextFactory<CentralDb> database, Keystore keys, CertificateAuthority authority, IAuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan CodeLife = TimeSpan.FromHours(72);
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Called when an appliance lost its right to be connected.</summary>
    public event Action<ApplianceId>? Revoked;

    public TrustDocument Trust => new(keys.Fleet, 1, [keys.Root.PublicKey], 1, new Dictionary<string, IReadOnlyList<TrustedKey>>
    {
        ["daykeys"] = [Forever(keys.DayKeySigner)],
        ["receipts"] = [Forever(keys.Receipts)],
        ["commands"] = [Forever(keys.Commands)],
    }, authority.Der);

    public byte[] TrustEnvelope => Envelope.Seal(PayloadTypes.Trust, Trust.ToPayload(), keys.Root);

    /// <summary>Expects one more appliance and gives the code with which it may come, once, within 72 hours.</summary>
    public async Task<EnrolmentCode> ExpectAsync(string name, int lines, string actor, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var appliance = ApplianceId.From(RandomNumberGenerator.GetBytes(10));
        var random = RandomNumberGenerator.GetBytes(16);
        var code = string.Concat(random.Select((b, i) => (i is 4 or 8 or 12 ? "-" : "") + Alphabet[b & 31]));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        db.Appliances.Add(new() { Id = appliance.Text, Name = name, Lines = lines, State = "expected", CreatedMs = now });
        db.Codes.Add(new() { Hash = HashOf(code), Appliance = appliance.Text, ExpiresMs = now + (long)CodeLife.TotalMilliseconds });
        audit.Append(new(actor, "appliance-code", "done", Subject: appliance.Text));
        await db.SaveChangesAsync(cancel);
        return new(appliance.Text, code, Trust.RootName, now + (long)CodeLife.TotalMilliseconds);
    }

    /// <summary>Spends a code on a TLS certificate, in one transaction. Null: wrong, used or too old.</summary>
    public async Task<X509Certificate2?> EnrolAsync(string code, byte[] pkcs10, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var hash = HashOf(code.Trim().ToLowerInvariant());
        var spent = await db.Codes.Where(c => c.Hash == hash && c.UsedMs == null && c.ExpiresMs > now).ExecuteUpdateAsync(s => s.SetProperty(c => c.UsedMs, now), cancel);
        if (spent != 1)
        {
            audit.Append(new("central", "enrol", "refused"));
            return null;
        }
        var row = await db.Appliances.SingleAsync(a => db.Codes.Any(c => c.Hash == hash && c.Appliance == a.Id), cancel);
        if (row.State != "expected")
        {
            audit.Append(new("central", "enrol", "refused", Subject: row.Id));
            return null;
        }
        var certificate = authority.Enrol(pkcs10, ApplianceId.Parse(row.Id), signing: false);
        row.TlsKid = KidOf(certificate);
        audit.Append(new("central", "enrol", "done", Subject: row.Id));
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return certificate;
    }

    /// <summary>Certifies the signing key of an appliance that has its TLS certificate and no signing key yet.</summary>
    public async Task<X509Certificate2?> EnrolSignerAsync(ApplianceId appliance, byte[] pkcs10, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var row = await db.Appliances.SingleOrDefaultAsync(a => a.Id == appliance.Text, cancel);
        if (row is null || row.State != "expected" || row.SigningKid is not null) return null;
        var certificate = authority.Enrol(pkcs10, appliance, signing: true);
        using var key = certificate.GetECDsaPublicKey()!;
        var q = key.ExportParameters(false).Q;
        row.SigningPoint = [4, .. q.X!, .. q.Y!];
        row.SigningKid = KeyId.Of(KeyKind.P256, row.SigningPoint).ToString();
        row.SigningPem = certificate.ExportCertificatePem();
        row.State = "enrolled";
        audit.Append(new("central", "enrol-signer", "done", Subject: appliance.Text));
        await db.SaveChangesAsync(cancel);
        return certificate;
    }

    /// <summary>May this certificate speak for this appliance now?</summary>
    public bool IsCurrent(X509Certificate2? certificate, string? client)
    {
        if (certificate is null || !ApplianceId.TryParse(client, out var id) || certificate.GetNameInfo(X509NameType.SimpleName, false) != id.Text) return false;
        using var db = database.CreateDbContext();
        var kid = KidOf(certificate);
        return db.Appliances.Any(a => a.Id == id.Text && a.TlsKid == kid && a.State != "revoked");
    }

    public bool IsRevoked(string? client)
    {
        using var db = database.CreateDbContext();
        return db.Appliances.Any(a => a.Id == client && a.State == "revoked");
    }

    public async Task<bool> RevokeAsync(ApplianceId appliance, string actor, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        audit.Append(new(actor, "revoke", "done", Subject: appliance.Text));
        keys.EndRights(appliance.Text);
        var changed = await db.Appliances.Where(a => a.Id == appliance.Text).ExecuteUpdateAsync(s => s.SetProperty(a => a.State, "revoked").SetProperty(a => a.Online, false), cancel);
        if (changed == 1) Revoked?.Invoke(appliance);
        return changed == 1;
    }

    public async Task<List<ApplianceRow>> ListAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        return await db.Appliances.OrderBy(a => a.Name).ToListAsync(cancel);
    }

    private static TrustedKey Forever(CentralSigner signer) => new(signer.Id, signer.PublicKey, 0, 253_402_300_799_000, true);

    private static string HashOf(string code) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("nauha/1 code\0" + code)));

    private static string KidOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey();
        if (key is null) return "";
        var q = key.ExportParameters(false).Q;
        return KeyId.Of(KeyKind.P256, [4, .. q.X!, .. q.Y!]).ToString();
    }
}
