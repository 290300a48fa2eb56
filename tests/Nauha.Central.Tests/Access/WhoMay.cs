using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Nauha.Central.Access;
using Nauha.Central.Commands;
using Shouldly;

namespace Nauha.Central.Tests.Access;

/// <summary>Every role on every endpoint and every command, found by itself: what has no rule fails here.</summary>
public sealed class WhoMay(WhoMay.Everybody everybody) : IClassFixture<WhoMay.Everybody>
{
    private const string Call = "0123456789abcdef0123456789abcdef";
    private readonly People _people = everybody.People;

    /// <summary>One central for all of these tests: none of them changes a right.</summary>
    public sealed class Everybody : IAsyncLifetime
    {
        internal People People { get; private set; } = null!;

        public async ValueTask InitializeAsync() => People = await People.OpenAsync(await RunningCentral.OpenAsync(served: true, plant: app => app.MapGet("/planted", () => "nobody said who may")));

        public ValueTask DisposeAsync() => People.DisposeAsync();
    }

    private static List<RouteEndpoint> EndpointsOf(RunningCentral central) => [.. central.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    private static IEnumerable<string> WithoutRule(IEnumerable<RouteEndpoint> endpoints) => endpoints.Where(e => e.Metadata.GetMetadata<Rule>() is null).Select(e => e.RoutePattern.RawText!);

    private static string PathOf(RouteEndpoint endpoint) => Regex.Replace(endpoint.RoutePattern.RawText!, @"\{(\w+)\}", hole => hole.Groups[1].Value switch
    {
        "call" or "listening" => Call,
        "name" => "nobody",
        "hold" or "order" or "request" => Call,
        "language" => "en",
        "token" => "0000",
        "appliance" => "aaaaaaaaaaaaaaaa",
        var other => throw new ShouldAssertException($"give the test a value for {{{other}}} of {endpoint.RoutePattern.RawText}"),
    });

    private async Task<(HttpStatusCode Status, string? Location)> AskAsync(HttpClient who, RouteEndpoint endpoint)
    {
        var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
        using var request = new HttpRequestMessage(new(method), _people.Central.Url(PathOf(endpoint)));
        if (method != "GET") request.Content = endpoint.RoutePattern.RawText!.Split('/')[1] is "api" or "admin" or ".well-known" ? JsonContent.Create(new { }) : new FormUrlEncodedContent([]);
        using var answer = await who.SendAsync(request);
        return (answer.StatusCode, answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public void Every_endpoint_has_a_rule_and_one_that_was_planted_without_is_found()
    {
        WithoutRule(EndpointsOf(_people.Central)).ShouldBe(["/planted"]);
    }

    [Fact]
    public async Task An_endpoint_without_a_rule_lets_nobody_in()
    {
        foreach (var who in Roles.All.Select(r => _people[r]).Append(_people.Nobody))
            (await who.GetAsync(_people.Central.Url("/planted"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Every_role_on_every_endpoint_gets_what_the_table_says()
    {
        var tried = 0;
        foreach (var endpoint in EndpointsOf(_people.Central).Where(e => e.RoutePattern.RawText is not "/planted"))
        {
            foreach (var role in Roles.All.Append(People.Inactive).Append("nobody"))
            {
                var (status, location) = await AskAsync(role == "nobody" ? _people.Nobody : _people[role], endpoint);
                var what = $"{role} on {endpoint.RoutePattern.RawText}";
                tried++;
                switch (endpoint.Metadata.GetMetadata<Rule>())
                {
                    case Rule.Person or Rule.AnyPerson when role == "nobody":
                        (status == HttpStatusCode.Unauthorized || location == "/sign-in").ShouldBeTrue($"{what}: {status}");
                        break;
                    case Rule.Person { Right: var right }:
                        (status == HttpStatusCode.Forbidden).ShouldBe(role == People.Inactive || !Roles.Has(role, right), $"{what}: {status}");
                        status.ShouldNotBe(HttpStatusCode.Unauthorized, what);
                        break;
                    case Rule.AnyPerson when role != People.Inactive:
                        status.ShouldNotBe(HttpStatusCode.Forbidden, what);
                        break;
                    case Rule.Operator:
                        status.ShouldBe(HttpStatusCode.NotFound, what);
                        break;
                    case Rule.Appliance:
                        status.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests);
                        break;
                    default:
                        break;
                }
            }
        }
        tried.ShouldBeGreaterThan(300);
    }

    [Fact]
    public void An_administrator_cannot_listen_a_technician_sees_no_calls_and_who_trains_does_not_activate()
    {
        Roles.Has("administrator", Right.Listen).ShouldBeFalse();
        Roles.Has("administrator", Right.Search).ShouldBeFalse();
        Enum.GetValues<Right>().Where(r => r is Right.Search or Right.Listen or Right.Export).ShouldAllBe(r => !Roles.Has("technician", r) && !Roles.Has("trainer", r) && !Roles.Has("auditor", r));
        Roles.All.Where(role => Roles.Has(role, Right.Train)).ShouldBe(["trainer"]);
        Roles.All.Where(role => Roles.Has(role, Right.Train) && Roles.Has(role, Right.ManageUsers)).ShouldBeEmpty("who trains does not activate");
        Enum.GetValues<Right>().ShouldAllBe(r => Roles.All.Any(role => Roles.Has(role, r)), "a right that nobody has");
    }

    [Fact]
    public async Task Who_is_refused_stands_in_the_log_by_account()
    {
        (await _people.StatusOfAsync("administrator", $"/api/calls/{Call}/listen")).ShouldBe(403);
        _people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Outcome).ShouldBe((_people.Ids["administrator"], "listen", "refused")));
    }

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path = "") =>
        command.Subcommands.Count == 0 ? [($"{path}{command.Name}", command)] : command.Subcommands.SelectMany(c => Leaves(c, command is RootCommand ? "" : $"{path}{command.Name} "));

    [Fact]
    public void Every_command_has_a_rule() => Leaves(CentralCommands.Create()).Where(l => l.Command is not CentralCommand).Select(l => l.Path).ShouldBeEmpty();

    [Fact]
    public async Task Every_role_on_every_command_for_people_gets_what_the_table_says()
    {
        var folder = Directory.CreateTempSubdirectory("nauha-who-may-").FullName;
        var secret = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(secret, "not the password of anybody");
        var tried = 0;
        foreach (var (path, command) in Leaves(CentralCommands.Create()))
        {
            if (((CentralCommand)command).Rule is not Rule.Person { Right: var right }) continue;
            foreach (var role in Roles.All.Append(People.Inactive))
            {
                var token = Path.Combine(folder, role);
                await File.WriteAllTextAsync(token, _people.Tokens[role]);
                List<string> arguments = [.. path.Split(' '), .. command.Arguments.Select(a => a.Name == "call" ? Call : "nobody"), "--data", _people.Central.Data, "--token-file", token];
                foreach (var option in command.Options.Where(o => o.Required))
                    arguments.AddRange(option.Name, option.Name switch
                    {
                        "--purpose" => "quality",
                        "--reason" => "a test tries every role",
                        "--case" => "test",
                        "--out" => Path.Combine(folder, "out.wav"),
                        "--course" => "test",
                        "--role" => "listener",
                        "--kind" => path.StartsWith("request", StringComparison.Ordinal) ? "access" : "incident",
                        "--number" => "0409990123",
                        "--note" => "a test tries every role",
                        "--outcome" => "answered",
                        "--badge-file" => secret,
                        "--line" => "1",
                        "--ground" => "unlawful",
                        "--until" => "2099-01-01",
                        var other => throw new ShouldAssertException($"give the test a value for {other} of {path}"),
                    });
                var code = await CentralCommands.RunAsync([.. arguments]);
                (code == 3).ShouldBe(role == People.Inactive || !Roles.Has(role, right), $"{role}: {path} ended with {code}");
                tried++;
            }
        }
        tried.ShouldBeGreaterThan(50);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_page_of_rights_is_what_the_code_says()
    {
        var page = RightsPage.Make(EndpointsOf(_people.Central).Where(e => e.RoutePattern.RawText is not "/planted"), CentralCommands.Create(), command => (command as CentralCommand)?.Rule);
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Appliance.sln"))) folder = folder.Parent;
        var path = Path.Combine(folder.FullName, "src/Nauha.Central/Access/RIGHTS.md");
        if (Environment.GetEnvironmentVariable("NAUHA_TESTS_WRITE") == "1") await File.WriteAllTextAsync(path, page);
        (await File.ReadAllTextAsync(path)).ShouldBe(page, "run this test with NAUHA_TESTS_WRITE=1 and look at what changed");
    }
}
