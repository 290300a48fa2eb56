using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nauha.Central.Access;

namespace Nauha.Central.Commands;

/// <summary>Who asks: a user name with a password, or a token of <c>login</c>, from a file, standard input or NAUHA_TOKEN. Neither stands on the command line.</summary>
internal sealed class Credentials
{
    private readonly Option<string?> _as = new("--as") { Description = "User name; with --password-file." };
    private readonly Option<string?> _password = new("--password-file") { Description = "File with the password; - reads it from standard input." };
    private readonly Option<string?> _token = new("--token-file") { Description = "File with a token of login, or - for standard input; instead of --as. Without any of these, NAUHA_TOKEN." };

    public Symbol[] Options => [_as, _password, _token];

    /// <summary>From now on the client speaks for this person.</summary>
    public async Task SignInAsync(AdminClient client, ParseResult parse, CancellationToken cancel)
    {
        var token = parse.GetValue(_token) is { } file ? await SecretAsync(file, cancel) : parse.GetValue(_as) is null ? Environment.GetEnvironmentVariable("NAUHA_TOKEN") : null;
        client.Bear(string.IsNullOrEmpty(token) ? (await SessionAsync(client, parse, cancel)).GetProperty("accessToken").GetString()! : token);
    }

    public async Task<JsonElement> SessionAsync(AdminClient client, ParseResult parse, CancellationToken cancel)
    {
        if (parse.GetValue(_as) is not { } name || parse.GetValue(_password) is not { } password) throw new UsageException("Say who you are: --as USER --password-file FILE, or --token-file FILE, or a token of login in NAUHA_TOKEN.");
        return await client.PostAsync("/api/session", new SignIn(name, await SecretAsync(password, cancel)), cancel);
    }

    public static async Task<string> SecretAsync(string file, CancellationToken cancel) =>
        (file == "-" ? await Console.In.ReadLineAsync(cancel) ?? "" : await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n');

    /// <summary>Checks user name and password; the token goes to standard output or to a file of one's own.</summary>
    public static CentralCommand Login()
    {
        var who = new Credentials();
        var output = new Option<string?>("--out") { Description = "File for the token, 0600; instead of printing it." };
        return new CentralCommand("login", "Check a user name and password; gives a token for the other commands and the API, good for eight hours.", new Rule.Open("signing in needs a password; tries are bounded and logged"), [who._as, who._password, output]).Does(async (client, parse, cancel) =>
        {
            var session = await who.SessionAsync(client, parse, cancel);
            var token = session.GetProperty("accessToken").GetString()!;
            var expires = TimeProvider.System.GetUtcNow().AddSeconds(session.GetProperty("expiresIn").GetInt64());
            var file = parse.GetValue(output);
            if (file is not null) Durable.Replace(file, System.Text.Encoding.ASCII.GetBytes(token + "\n"));
            if (parse.GetValue(CentralCommand.Json)) Console.WriteLine(JsonSerializer.Serialize(new { user = parse.GetValue(who._as), token = file is null ? token : null, file, expiresUtc = expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }));
            else Console.WriteLine(file is null ? token : $"The token is in {file}; good until {expires:yyyy-MM-dd HH:mm} UTC.");
        });
    }
}
