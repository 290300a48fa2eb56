using Microsoft.EntityFrameworkCore;
using Nauha.Central.Storage;
using Shouldly;

namespace Nauha.Central.Tests.Storage;

public sealed class TheSchema : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-schema-").FullName;

    private CentralDb Open() => new(new DbContextOptionsBuilder<CentralDb>().UseSqlite($"Data Source={Path.Combine(_folder, "central.db")};Pooling=False").Options);

    [Fact]
    public void The_migrations_make_what_the_program_expects()
    {
        using var db = Open();
        Schema.Bring(db);
        db.Database.GetAppliedMigrations().ShouldNotBeEmpty();
        db.Database.HasPendingModelChanges().ShouldBeFalse();
    }

    [Fact]
    public async Task A_store_from_before_versions_were_written_down_keeps_its_rows()
    {
        await using (var first = Open())
        {
            // The first migration's tables without its history: what version 0.1 left.
            await first.Database.MigrateAsync("Init");
            await first.Database.ExecuteSqlAsync($"DROP TABLE __EFMigrationsHistory");
            await first.Database.ExecuteSqlAsync($"INSERT INTO Alarms (Kind, SinceMs) VALUES ('gap', 1)");
        }
        await using var db = Open();
        Schema.Bring(db);
        db.Database.HasPendingModelChanges().ShouldBeFalse();
        (await db.Alarms.SingleAsync()).Kind.ShouldBe("gap");
    }

    [Fact]
    public async Task A_mark_left_by_a_killed_migration_stops_nobody()
    {
        await using (var first = Open())
        {
            Schema.Bring(first);
            await first.Database.ExecuteSqlAsync($"CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER NOT NULL PRIMARY KEY, Timestamp TEXT NOT NULL)");
            await first.Database.ExecuteSqlAsync($"INSERT INTO __EFMigrationsLock VALUES (1, '2026-01-01')");
        }
        await using var db = Open();
        await Task.Run(() => Schema.Bring(db)).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_store_of_a_later_version_is_not_touched()
    {
        await using (var first = Open())
        {
            Schema.Bring(first);
            await first.Database.ExecuteSqlAsync($"INSERT INTO __EFMigrationsHistory VALUES ('29991231000000_Later', '99')");
        }
        await using var db = Open();
        Should.Throw<CentralException>(() => Schema.Bring(db)).Message.ShouldContain("later version");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
