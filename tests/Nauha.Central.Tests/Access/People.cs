using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Shouldly;

namespace Nauha.Central.Tests.Access;

/// <summary>A central with one active account of every role, and one that nobody has activated; each signed in.</summary>
internal sealed class People : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    public const string Inactive = "inactive";
    private readonly Dictionary<string, HttpClient> _signedIn = [];

    private People(RunningCentral central) => Central = central;

    public RunningCentral Central { get; }

    public Dictionary<string, string> Ids { get; } = [];

    public Dictionary<string, string> Tokens { get; } = [];

    public HttpClient Nobody { get; } = Client();

    public HttpClient this[string role] => _signedIn[role];

    public IReadOnlyList<AuditLine> Log => Central.Services.GetRequiredService<AuditLog>().Newest(2_000);

    public static async Task<People> OpenAsync(RunningCentral central)
    {
        var people = new People(central);
        foreach (var role in Roles.All) await people.AddAsync(role, role, active: true);
        await people.AddAsync(Inactive, "listener", active: false);
        return people;
    }

    /// <summary>An account as if others had trained and activated it.</summary>
    public async Task AddAsync(string name, string role, bool active)
    {
        await using (var scope = Central.Services.CreateAsyncScope())
        {
            (await scope.ServiceProvider.GetRequiredService<Accounts>().CreateAsync(name, role, Password, "operator:test")).ShouldBeNull();
            var users = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
            var account = (await users.FindByNameAsync(name))!;
            if (active) (account.TrainedBy, account.TrainedMs, account.ActivatedBy, account.ActivatedMs) = ("test", 1, "test", 1);
            await users.UpdateAsync(account);
            Ids[name] = account.Id;
        }
        Tokens[name] = (await SignInAsync(name, Password)).GetProperty("accessToken").GetString()!;
        _signedIn[name] = Client(Tokens[name]);
    }

    public async Task<JsonElement> SignInAsync(string name, string password)
    {
        using var answer = await Nobody.PostAsJsonAsync(Central.Url("/api/session"), new { user = name, password });
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<(int Status, JsonElement Body)> PostAsync(string who, string path, object? body = null)
    {
        using var answer = await this[who].PostAsJsonAsync(Central.Url(path), body ?? new { });
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default);
    }

    public async Task<int> StatusOfAsync(string who, string path, object? body = null) => (await PostAsync(who, path, body)).Status;

    public async Task<T> WithAccountsAsync<T>(Func<Accounts, Task<T>> act)
    {
        await using var scope = Central.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<Accounts>());
    }

    public static HttpClient Client(string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } });
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _signedIn.Values) client.Dispose();
        Nobody.Dispose();
        await Central.DisposeAsync();
    }
}
