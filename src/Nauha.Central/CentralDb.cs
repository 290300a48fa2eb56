using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Nauha.Central;

/// <summary>A person's account. What it may do follows from role and state, looked up at every request.</summary>
public sealed class Account : IdentityUser
{
    /// <summary>One of Access/Roles.cs.</summary>
    public required string Role { get; set; }

    public string? TrainedBy { get; set; }

    public long? TrainedMs { get; set; }

    public string? Course { get; set; }

    public string? ActivatedBy { get; set; }

    public long? ActivatedMs { get; set; }

    /// <summary>Trained, and let in by another person.</summary>
    public bool IsActive => TrainedMs is not null && ActivatedMs is not null;
}

/// <summary>An appliance of the fleet.</summary>
public sealed class ApplianceRow
{
    public required string Id { get; set; }

    public required string Name { get; set; }

    public int Lines { get; set; }

    /// <summary>expected, enrolled, revoked.</summary>
    public required string State { get; set; }

    public string? TlsKid { get; set; }

    public string? SigningKid { get; set; }

    public byte[]? SigningPoint { get; set; }

    public string? SigningPem { get; set; }

    public long CreatedMs { get; set; }

    public long? LastContactMs { get; set; }

    public long Session { get; set; }

    public bool Online { get; set; }

    public string? Version { get; set; }

    public bool Simulated { get; set; }

    /// <summary>Codes of what the appliance itself asks somebody to look at, joined by commas.</summary>
    public string Notices { get; set; } = "";

    /// <summary>Version of the list of numbers never recorded that it holds.</summary>
    public long ExclusionVersion { get; set; }

    /// <summary>Version of the roster that it holds.</summary>
    public long RosterVersion { get; set; }

    public long ReceiptSeq { get; set; }

    public byte[] ReceiptPrev { get; set; } = new byte[32];
}

/// <summary>A one-time enrolment code: only its hash.</summary>
public sealed class CodeRow
{
    public required string Hash { get; set; }

    public required string Appliance { get; set; }

    public long ExpiresMs { get; set; }

    public long? UsedMs { get; set; }
}

/// <summary>Something a person has to look at. No personal data.</summary>
public sealed class AlarmRow
{
    public int Id { get; set; }

    public required string Kind { get; set; }

    public string? Appliance { get; set; }

    public string? Call { get; set; }

    public long SinceMs { get; set; }
}

/// <summary>A signed call record as it came; what is personal in it stays sealed.</summary>
public sealed class RecordRow
{
    public required string Appliance { get; set; }

    public long Seq { get; set; }

    public string? Call { get; set; }

    public required string Kind { get; set; }

    /// <summary>Of the key day that it truly belongs to, yyyy-MM-dd.</summary>
    public string Day { get; set; } = "";

    public required byte[] Payload { get; set; }

    public required byte[] Envelope { get; set; }

    public required string Hash { get; set; }

    /// <summary>It verifies, but its sealed part does not open.</summary>
    public bool Held { get; set; }
}

/// <summary>One call, findable without knowing anything personal in clear.</summary>
public sealed class CallRow
{
    public required string Call { get; set; }

    public required string Appliance { get; set; }

    public int Line { get; set; }

    public long CallNumber { get; set; }

    public long StartedMs { get; set; }

    /// <summary>The key day that the call truly belongs to: where another stands in the file, a grant bridges the two.</summary>
    public required string DayKid { get; set; }

    /// <summary>That day's date, yyyy-MM-dd.</summary>
    public string Day { get; set; } = "";

    /// <summary>recorded, missed, excluded, failed, expired-unsent; null while it lasts.</summary>
    public string? Outcome { get; set; }

    public string? Code { get; set; }

    public bool Simulated { get; set; }

    public byte[]? NumberToken { get; set; }

    public byte[]? AgentToken { get; set; }

    /// <summary>Sequence number of the record whose sealed part tells most.</summary>
    public long? FactsSeq { get; set; }

    public string? FileSha256 { get; set; }

    public long? FileBytes { get; set; }

    public int? Closing { get; set; }

    public string? Blob { get; set; }

    /// <summary>stored, held, refused, expired, destroyed.</summary>
    public string? BlobState { get; set; }

    public long? KeptSamples { get; set; }

    /// <summary>Its day is destroyed and counted: it is kept for a hold.</summary>
    public bool IsCounted { get; set; }

    public long? ReceiptMs { get; set; }
}

/// <summary>Central's database: SQLite by default.</summary>
public sealed class CentralDb(DbContextOptions<CentralDb> options) : IdentityUserContext<Account>(options)
{
    public DbSet<ApplianceRow> Appliances => Set<ApplianceRow>();

    public DbSet<CodeRow> Codes => Set<CodeRow>();

    public DbSet<AlarmRow> Alarms => Set<AlarmRow>();

    public DbSet<RecordRow> Records => Set<RecordRow>();

    public DbSet<CallRow> Calls => Set<CallRow>();

    public DbSet<GrantRow> Grants => Set<GrantRow>();

    public DbSet<HoldRow> Holds => Set<HoldRow>();

    public DbSet<HoldCallRow> HoldCalls => Set<HoldCallRow>();

    public DbSet<DestroyOrderRow> DestroyOrders => Set<DestroyOrderRow>();

    public DbSet<RequestRow> Requests => Set<RequestRow>();

    public DbSet<CommandRow> Commands => Set<CommandRow>();

    public DbSet<ExclusionRow> Exclusions => Set<ExclusionRow>();

    public DbSet<RosterRow> Rosters => Set<RosterRow>();

    public DbSet<TallyRow> Tallies => Set<TallyRow>();

    public DbSet<CertificateRow> Certificates => Set<CertificateRow>();

    public DbSet<ForgottenRow> Forgotten => Set<ForgottenRow>();

    public DbSet<LineRow> Lines => Set<LineRow>();

    public DbSet<SightingRow> Sightings => Set<SightingRow>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        base.OnModelCreating(builder);
        builder.Entity<ApplianceRow>().HasKey(a => a.Id);
        builder.Entity<CodeRow>().HasKey(c => c.Hash);
        builder.Entity<AlarmRow>().HasKey(a => a.Id);
        builder.Entity<RecordRow>().HasKey(r => new { r.Appliance, r.Seq });
        builder.Entity<RecordRow>().HasIndex(r => r.Call);
        builder.Entity<RecordRow>().HasIndex(r => r.Day);
        builder.Entity<CallRow>().HasKey(c => c.Call);
        builder.Entity<CallRow>().HasIndex(c => c.StartedMs);
        builder.Entity<CallRow>().HasIndex(c => c.NumberToken);
        builder.Entity<CallRow>().HasIndex(c => c.AgentToken);
        builder.Entity<CallRow>().HasIndex(c => new { c.Appliance, c.Line, c.CallNumber });
        builder.Entity<CallRow>().HasIndex(c => c.Day);
        builder.Entity<GrantRow>().HasIndex(g => g.Call);
        builder.Entity<GrantRow>().HasIndex(g => g.Hold);
        builder.Entity<HoldRow>().HasKey(h => h.Id);
        builder.Entity<HoldCallRow>().HasKey(h => new { h.Hold, h.Call });
        builder.Entity<HoldCallRow>().HasIndex(h => h.Call);
        builder.Entity<HoldCallRow>().HasIndex(h => h.NumberToken);
        builder.Entity<DestroyOrderRow>().HasKey(o => o.Id);
        builder.Entity<RequestRow>().HasKey(r => r.Id);
        builder.Entity<CommandRow>().HasIndex(c => new { c.Appliance, c.AnsweredMs });
        builder.Entity<ExclusionRow>().HasKey(e => e.Version);
        builder.Entity<ExclusionRow>().Property(e => e.Version).ValueGeneratedNever();
        builder.Entity<RosterRow>().HasKey(r => r.Version);
        builder.Entity<RosterRow>().Property(r => r.Version).ValueGeneratedNever();
        builder.Entity<TallyRow>().HasKey(t => new { t.Day, t.Appliance, t.Line });
        builder.Entity<CertificateRow>().HasKey(c => c.Number);
        builder.Entity<CertificateRow>().Property(c => c.Number).ValueGeneratedNever();
        builder.Entity<ForgottenRow>().HasKey(f => new { f.Appliance, f.FromSeq });
        builder.Entity<LineRow>().HasKey(l => new { l.Appliance, l.Line });
        builder.Entity<SightingRow>().HasKey(s => new { s.Appliance, s.LastSeq, s.AtMs });
    }
}
