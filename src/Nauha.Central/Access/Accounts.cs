using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;

namespace Nauha.Central.Access;

/// <summary>
/// Personal accounts: made by one, trained by another person, activated by a third. Who is compared by account id, never by
/// a name, and every change names both in the log before it is made. Null: done; else why not.
/// </summary>
public sealed class Accounts(UserManager<Account> users, IAuditLog audit, Keystore keys, FirstLink first, StoreMarker store, TimeProvider time)
{
    public const string DemoTrainer = "demo-trainer";
    private static readonly Account Nobody = new() { Role = "" };
    private static readonly string NobodysHash = new PasswordHasher<Account>().HashPassword(Nobody, "nobody has this password");

    /// <summary>Makes the first account by its one-time link: an administrator; in a demo store a listener, whom a script trains.</summary>
    public Task<Refusal?> CreateFirstAsync(string? link, string? name, string? password) => first.UseAsync(link, async () =>
    {
        if (await users.Users.AnyAsync()) return Refusal.LinkSpent;
        var account = new Account { UserName = name ?? "", Role = store.IsDemo ? "listener" : "administrator" };
        if (await MakeAsync(account, password, "first-link") is { } refusal) return refusal;
        var by = store.IsDemo ? DemoTrainer : "first-link";
        await LetInAsync(account, by, by, store.IsDemo ? "demo" : "first-link");
        return null;
    });

    public async Task<Refusal?> CreateAsync(string? name, string? role, string? password, string actor) =>
        role is null || !Roles.All.Contains(role) ? Refused(actor, "user-create", null, Refusal.NoSuchRole) : await MakeAsync(new Account { UserName = name ?? "", Role = role }, password, actor);

    /// <summary>Trainings are recorded by trainers; the first of them, as long as nobody may, is appointed by the operator at the machine.</summary>
    public async Task<Refusal?> AppointFirstTrainerAsync(Account account, string actor)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (account.Role != "trainer") return Refused(actor, "first-trainer", account, Refusal.NoTrainer);
        if (await users.Users.AnyAsync(u => u.Role == "trainer" && u.ActivatedMs != null)) return Refused(actor, "first-trainer", account, Refusal.HasTrainer);
        await LetInAsync(account, actor, actor, "first-trainer");
        return null;
    }

    /// <summary>Records a training.</summary>
    public async Task<Refusal?> TrainAsync(Account account, Account by, string? course)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(by);
        if (by.Id == account.Id) return Refused(by.Id, "train", account, Refusal.NoSelfTraining);
        if (string.IsNullOrWhiteSpace(course) || course.Length > 200) return Refusal.NoCourse;
        audit.Append(new(by.Id, "train", "done", Sealed: new Dictionary<string, string> { ["course"] = course }, Subject: account.Id));
        (account.TrainedBy, account.TrainedMs, account.Course) = (by.Id, Now, course);
        return Refusal.Of(await users.UpdateAsync(account));
    }

    public async Task<Refusal?> ActivateAsync(Account account, Account by)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(by);
        var refusal = by.Id == account.Id ? Refusal.NoSelfActivation : account.TrainedMs is null ? Refusal.NotTrained : by.Id == account.TrainedBy ? Refusal.TrainerActivates : null;
        if (refusal is not null) return Refused(by.Id, "activate", account, refusal);
        audit.Append(new(by.Id, "activate", "done", Subject: account.Id));
        keys.LetRights(account.Id);
        (account.ActivatedBy, account.ActivatedMs) = (by.Id, Now);
        return Refusal.Of(await users.UpdateAsync(account));
    }

    /// <summary>Another role is another training: the account is inactive until it is trained and activated anew.</summary>
    public async Task<Refusal?> ChangeRoleAsync(Account account, string? role, Account by)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(by);
        if (by.Id == account.Id) return Refused(by.Id, "role", account, Refusal.NoSelfChange);
        if (role is null || !Roles.All.Contains(role)) return Refused(by.Id, "role", account, Refusal.NoSuchRole);
        audit.Append(new(by.Id, "role", "done", Subject: account.Id, Detail: $"{account.Role} to {role}"));
        keys.EndRights(account.Id);
        account.Role = role;
        (account.TrainedBy, account.TrainedMs, account.Course, account.ActivatedBy, account.ActivatedMs) = (null, null, null, null, null);
        return Refusal.Of(await users.UpdateAsync(account));
    }

    /// <summary>Ends an account's rights and its sessions, at once.</summary>
    public async Task<Refusal?> DeactivateAsync(Account account, Account by)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(by);
        if (by.Id == account.Id) return Refused(by.Id, "deactivate", account, Refusal.NoSelfChange);
        audit.Append(new(by.Id, "deactivate", "done", Subject: account.Id));
        keys.EndRights(account.Id);
        (account.ActivatedBy, account.ActivatedMs) = (null, null);
        return Refusal.Of(await users.UpdateSecurityStampAsync(account));
    }

    /// <summary>Changes one's own password; other sessions of the account end.</summary>
    public async Task<Refusal?> ChangePasswordAsync(Account account, string? old, string? chosen)
    {
        ArgumentNullException.ThrowIfNull(account);
        var refusal = Refusal.Of(await users.ChangePasswordAsync(account, old ?? "", chosen ?? ""));
        audit.Append(new(account.Id, "password", refusal is null ? "done" : "refused", Detail: refusal?.Code));
        return refusal;
    }

    /// <summary>The account, if name and password are right and it is not locked out. Every try is in the log.</summary>
    public async Task<Account?> SignInAsync(string? name, string? password, string? from)
    {
        var account = await users.FindByNameAsync(name ?? "");
        // Whether there is such an account must not show in the time that the answer takes.
        if (account is null) users.PasswordHasher.VerifyHashedPassword(Nobody, NobodysHash, password ?? "");
        var good = account is not null && !await users.IsLockedOutAsync(account) && await users.CheckPasswordAsync(account, password ?? "");
        if (account is not null) _ = good ? await users.ResetAccessFailedCountAsync(account) : await users.AccessFailedAsync(account);
        var where = new Dictionary<string, string> { ["from"] = from ?? "socket" };
        if (account is null) where["user"] = name is { Length: > 100 } ? name[..100] : name ?? "";
        audit.Append(new(account?.Id ?? "unknown", "sign-in", good ? "done" : "failed", Sealed: where));
        return good ? account : null;
    }

    public async Task<Account?> FindAsync(string? name) => name is null ? null : await users.FindByNameAsync(name);

    public async Task<List<Account>> ListAsync() => await users.Users.OrderBy(u => u.UserName).ToListAsync();

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<Refusal?> MakeAsync(Account account, string? password, string actor)
    {
        var refusal = Refusal.Of(await users.CreateAsync(account, password ?? ""));
        audit.Append(new(actor, "user-create", refusal is null ? "done" : "refused", Subject: refusal is null ? account.Id : null, Detail: refusal?.Code ?? account.Role));
        return refusal;
    }

    private async Task LetInAsync(Account account, string actor, string by, string course)
    {
        audit.Append(new(actor, "train", "done", Subject: account.Id, Detail: course));
        audit.Append(new(actor, "activate", "done", Subject: account.Id));
        (account.TrainedBy, account.TrainedMs, account.Course, account.ActivatedBy, account.ActivatedMs) = (by, Now, course, by, Now);
        await users.UpdateAsync(account);
    }

    private Refusal Refused(string actor, string act, Account? account, Refusal why)
    {
        audit.Append(new(actor, act, "refused", Subject: account?.Id, Detail: why.Code));
        return why;
    }
}
