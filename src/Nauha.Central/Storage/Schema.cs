using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Nauha.Central.Storage;

/// <summary>Brings the database to this version's shape. Only the owner of the store does it, under its lock.</summary>
internal static class Schema
{
    private const string First = "20261124165339_Init";

    /// <exception cref="CentralException">The database belongs to a later version of this program.</exception>
    public static void Bring(CentralDb db)
    {
        var database = db.Database;
        var known = database.GetMigrations().ToList();
        // A commit is then one synced append. With a rollback journal it is durable only when the journal's removal is,
        // which nobody syncs: a receipt could outlive what it vouches for.
        database.ExecuteSql($"PRAGMA journal_mode=WAL");
        // A program killed while it migrated leaves its mark, and the next one would wait for ever.
        if (Has(db, "__EFMigrationsLock")) database.ExecuteSql($"DELETE FROM __EFMigrationsLock");
        if (Has(db, "Calls") && !Has(db, "__EFMigrationsHistory"))
        {
            // Made before versions were written down: its shape is the first one's.
            database.ExecuteSql($"CREATE TABLE __EFMigrationsHistory (MigrationId TEXT NOT NULL PRIMARY KEY, ProductVersion TEXT NOT NULL)");
            database.ExecuteSql($"INSERT INTO __EFMigrationsHistory VALUES ({First}, '10.0.15')");
        }
        if (database.GetAppliedMigrations().FirstOrDefault(m => !known.Contains(m)) is { } later) throw new CentralException($"The database was made by a later version of nauha-central ({later}). Use that version.");
        database.Migrate();
    }

    private static bool Has(CentralDb db, string table) => db.Database.SqlQuery<int>($"SELECT COUNT(*) AS Value FROM sqlite_master WHERE type = 'table' AND name = {table}").Single() > 0;
}

/// <summary>How the migrations tool makes the context; the program itself never does it so.</summary>
internal sealed class SchemaTool : IDesignTimeDbContextFactory<CentralDb>
{
    public CentralDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<CentralDb>().UseSqlite("Data Source=:memory:").Options);
}
