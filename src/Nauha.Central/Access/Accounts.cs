using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;

namespace Nauha.Central.Access;

/// <summary>Personal accounts: made, trained by another person, activated by another person.</summary>
public sealed class Accounts(UserManager<Account> users, IAuditLog audit, FirstLink first, StoreMarker store, TimeProvider time)
{
    public const string DemoTrainer = "demo-trainer";

    /// <summary>Makes the first account by its one-time link. Null: done; else why not.</summary>
    public async Task<string?> CreateFirstAsync(string token, string name, string password)
    {
        if (await users.Users.AnyAsync(u => u.UserName != DemoTrainer) || !first.IsGood(token)) return "This link is used up or too old. Start the server anew for another one, as long as there is no account.";
        // In a demo a scripted trainer does what another person does elsewhere; elsewhere the first account listens to nothing.
        var account = new Account { UserName = name, Role = store.IsDemo ? "listener" : "administrator" };
        var made = await users.CreateAsync(account, password);
        if (!made.Succeeded) return Words(made);
        first.Spend();
        audit.Append(new("first-link", "user-create", "done"));
        if (store.IsDemo)
        {
            await TrainAsync(account, DemoTrainer, "demo", DemoTrainer);
            await ActivateAsync(account, DemoTrainer, DemoTrainer);
            return null;
        }
        (account.TrainedBy, account.TrainedMs, account.ActivatedBy, account.ActivatedMs) = ("first-link", Now, "first-link", Now);
        await users.UpdateAsync(account);
        return null;
    }

    public async Task<string?> CreateAsync(string name, string role, string password, string actor)
    {
        if (!Roles.All.Contains(role)) return $"There is no role '{role}'. There are: {string.Join(", ", Roles.All)}.";
        var made = await users.CreateAsync(new Account { UserName = name, Role = role }, password);
        audit.Append(new(actor, "user-create", made.Succeeded ? "done" : "refused"));
        return made.Succeeded ? null : Words(made);
    }

    /// <summary>Records a training. By another person than the trained one.</summary>
    public async Task<string?> TrainAsync(Account account, string by, string course, string actor)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (by == account.Id || by == account.UserName)
        {
            audit.Append(new(actor, "train", "refused"));
            return "Nobody trains himself: another person records the training.";
        }
        audit.Append(new(actor, "train", "done"));
        (account.TrainedBy, account.TrainedMs, account.Course) = (by, Now, course);
        await users.UpdateAsync(account);
        return null;
    }

    public async Task<string?> ActivateAsync(Account account, string by, string actor)
    {
        ArgumentNullException.ThrowIfNull(account);
        var refusal = account.TrainedMs is null ? "An account is activated after its training. Record the training first." : by == account.Id || by == account.UserName ? "Nobody activates himself." : null;
        audit.Append(new(actor, "activate", refusal is null ? "done" : "refused"));
        if (refusal is not null) return refusal;
        (account.ActivatedBy, account.ActivatedMs) = (by, Now);
        await users.UpdateAsync(account);
        return null;
    }

    /// <summary>The account, if name and password are right and it is not locked out. Every try is in the audit.</summary>
    public async Task<Account?> SignInAsync(string name, string password)
    {
        var account = await users.FindByNameAsync(name);
        var good = account is not null && !await users.IsLockedOutAsync(account) && await users.CheckPasswordAsync(account, password);
        if (account is not null) _ = good ? await users.ResetAccessFailedCountAsync(account) : await users.AccessFailedAsync(account);
        audit.Append(new(account?.Id ?? "unknown", "sign-in", good ? "done" : "failed"));
        return good ? account : null;
    }

    public async Task<Account?> FindAsync(string name) => await users.FindByNameAsync(name);

    public async Task<List<Account>> ListAsync() => await users.Users.OrderBy(u => u.UserName).ToListAsync();

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static string Words(IdentityResult result) => string.Join(" ", result.Errors.Select(e => e.Description));
}

/// <summary>The link that makes the first account: good until used, for as long as this server runs. There is no default password.</summary>
public sealed class FirstLink
{
    private byte[]? _token = RandomNumberGenerator.GetBytes(20);

    public string Token => _token is { } token ? Convert.ToHexStringLower(token) : "";

    public bool IsGood(string token) => _token is { } own && CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(own)), System.Text.Encoding.ASCII.GetBytes(token));

    public void Spend() => _token = null;
}
