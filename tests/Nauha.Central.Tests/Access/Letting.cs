using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Nauha.Central.Access;
using Nauha.Central.Commands;
using Shouldly;

namespace Nauha.Central.Tests.Access;

/// <summary>How somebody comes to have a right, and loses it.</summary>
public sealed class Letting : IAsyncLifetime
{
    private People _people = null!;

    public async ValueTask InitializeAsync() => _people = await People.OpenAsync(await RunningCentral.OpenAsync(demo: false));

    public ValueTask DisposeAsync() => _people.DisposeAsync();

    private async Task<string> RefusedAsync(string who, string path, object? body = null)
    {
        var (status, answer) = await _people.PostAsync(who, path, body);
        status.ShouldBe(400);
        return answer.GetProperty("detail").GetString()!;
    }

    [Fact]
    public async Task Somebody_is_trained_by_one_person_and_activated_by_another_and_both_stand_in_the_log()
    {
        await _people.AddAsync("anna", "listener", active: false);
        (await RefusedAsync("administrator", "/api/users/anna/activate")).ShouldBe(Refusal.NotTrained.Sentence);
        (await RefusedAsync("trainer", "/api/users/anna/train", new { course = "" })).ShouldBe(Refusal.NoCourse.Sentence);
        (await _people.StatusOfAsync("trainer", "/api/users/anna/train", new { course = "listening, first course" })).ShouldBe(204);
        _people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Outcome, l.Subject).ShouldBe((_people.Ids["trainer"], "train", "done", _people.Ids["anna"])));
        (await _people.StatusOfAsync("anna", "/api/calls/search", new { purpose = "quality", reason = "not active yet", @case = "1" })).ShouldBe(403);
        (await _people.StatusOfAsync("administrator", "/api/users/anna/activate")).ShouldBe(204);
        _people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Outcome, l.Subject).ShouldBe((_people.Ids["administrator"], "activate", "done", _people.Ids["anna"])));
        (await _people.StatusOfAsync("anna", "/api/calls/search", new { purpose = "quality", reason = "active by now", @case = "1" })).ShouldBe(200);
    }

    // Once a name compared by case let `train anna --by ANNA` through.
    [Theory]
    [InlineData("trainer")]
    [InlineData("TRAINER")]
    [InlineData("Trainer")]
    public async Task Nobody_trains_himself_however_he_writes_his_name(string name)
    {
        (await RefusedAsync("trainer", $"/api/users/{name}/train", new { course = "c" })).ShouldBe(Refusal.NoSelfTraining.Sentence);
        _people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Outcome, l.Subject, l.Detail).ShouldBe((_people.Ids["trainer"], "train", "refused", _people.Ids["trainer"], "no-self-training")));
    }

    [Fact]
    public async Task Nobody_activates_himself_or_whom_he_trained_or_changes_his_own_rights()
    {
        (await RefusedAsync("administrator", "/api/users/ADMINISTRATOR/activate")).ShouldBe(Refusal.NoSelfActivation.Sentence);
        (await RefusedAsync("administrator", "/api/users/administrator/role", new { role = "listener" })).ShouldBe(Refusal.NoSelfChange.Sentence);
        (await RefusedAsync("administrator", "/api/users/administrator/deactivate")).ShouldBe(Refusal.NoSelfChange.Sentence);
        // Who was a trainer and is an administrator by now.
        await _people.AddAsync("anna", "listener", active: false);
        (await _people.StatusOfAsync("trainer", "/api/users/anna/train", new { course = "c" })).ShouldBe(204);
        var both = await _people.WithAccountsAsync(async accounts =>
        {
            var trainer = (await accounts.FindAsync("trainer"))!;
            return await accounts.ActivateAsync((await accounts.FindAsync("anna"))!, trainer);
        });
        both.ShouldBe(Refusal.TrainerActivates);
    }

    [Fact]
    public async Task A_right_that_is_taken_is_gone_at_once_and_so_is_the_session()
    {
        var why = new { purpose = "quality", reason = "looking for a call", @case = "1" };
        (await _people.StatusOfAsync("listener", "/api/calls/search", why)).ShouldBe(200);
        (await _people.StatusOfAsync("administrator", "/api/users/listener/deactivate")).ShouldBe(204);
        (await _people.StatusOfAsync("listener", "/api/calls/search", why)).ShouldBe(401);
        (await _people.StatusOfAsync("administrator", "/api/users/supervisor/role", new { role = "auditor" })).ShouldBe(204);
        _people.Log[0].Detail.ShouldBe("supervisor to auditor");
        (await _people.StatusOfAsync("supervisor", "/api/calls/search", why)).ShouldBe(403, "another role is another training");
    }

    [Fact]
    public async Task A_password_is_changed_with_the_old_one_and_ends_other_sessions()
    {
        (await RefusedAsync("listener", "/api/password", new { old = "wrong wrong wrong", @new = "another long password" })).ShouldBe(Refusal.PasswordWrong.Sentence);
        (await RefusedAsync("listener", "/api/password", new { old = People.Password, @new = "short" })).ShouldBe(Refusal.PasswordShort.Sentence);
        (await _people.StatusOfAsync("listener", "/api/password", new { old = People.Password, @new = "another long password" })).ShouldBe(204);
        (await _people.StatusOfAsync("listener", "/api/password", new { old = "x", @new = "y" })).ShouldBe(401);
        await _people.SignInAsync("listener", "another long password");
    }

    [Fact]
    public async Task The_first_trainer_is_let_in_at_the_machine_and_only_as_long_as_nobody_may_train()
    {
        (await _people.WithAccountsAsync(async a => await a.AppointFirstTrainerAsync((await a.FindAsync("trainer"))!, "operator:0"))).ShouldBe(Refusal.HasTrainer);
        (await _people.StatusOfAsync("administrator", "/api/users/trainer/deactivate")).ShouldBe(204);
        (await _people.WithAccountsAsync(async a => await a.AppointFirstTrainerAsync((await a.FindAsync("listener"))!, "operator:0"))).ShouldBe(Refusal.NoTrainer);
        (await _people.WithAccountsAsync(async a => await a.AppointFirstTrainerAsync((await a.FindAsync("trainer"))!, "operator:0"))).ShouldBeNull();
        _people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Subject).ShouldBe(("operator:0", "activate", _people.Ids["trainer"])));
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_an_account_and_every_try_is_in_the_log()
    {
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await _people.Nobody.PostAsJsonAsync(_people.Central.Url("/api/session"), new { user = "listener", password = "not the password" });
            ((int)wrong.StatusCode).ShouldBe(401);
        }
        using var locked = await _people.Nobody.PostAsJsonAsync(_people.Central.Url("/api/session"), new { user = "listener", password = People.Password });
        ((int)locked.StatusCode).ShouldBe(401);
        _people.Log.Count(l => l.Act == "sign-in" && l.Outcome == "failed" && l.Actor == _people.Ids["listener"]).ShouldBe(6);
    }
}

/// <summary>The first account, by its one-time link.</summary>
public sealed class TheFirstAccount
{
    private static string LinkOf(RunningCentral central) => central.Services.GetRequiredService<FirstLink>().Token;

    private static async Task<int> MakeAsync(RunningCentral central, HttpClient http, string? link, string user)
    {
        using var answer = await http.PostAsJsonAsync(central.Url("/api/first-account"), new { link, user, password = People.Password });
        return (int)answer.StatusCode;
    }

    [Fact]
    public async Task Its_link_is_good_once_and_a_wrong_or_missing_one_never()
    {
        await using var central = await RunningCentral.OpenAsync(demo: false);
        using var http = People.Client();
        var link = LinkOf(central);
        (await MakeAsync(central, http, null, "anna")).ShouldBe(400);
        (await MakeAsync(central, http, "0", "anna")).ShouldBe(400);
        (await MakeAsync(central, http, link, "")).ShouldBe(400, "a link is not spent by what fails");
        (await MakeAsync(central, http, link, "anna")).ShouldBe(204);
        (await MakeAsync(central, http, link, "bertta")).ShouldBe(400);
        LinkOf(central).ShouldBeEmpty();
        using var session = await http.PostAsJsonAsync(central.Url("/api/session"), new { user = "anna", password = People.Password });
        session.EnsureSuccessStatusCode();
        await using var scope = central.Services.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<Accounts>().FindAsync("anna"))!.Role.ShouldBe("administrator", "who begins a store hears nothing");
    }

    [Fact]
    public async Task Of_many_who_come_at_once_one_gets_it()
    {
        await using var central = await RunningCentral.OpenAsync(demo: false);
        using var http = People.Client();
        var link = LinkOf(central);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => MakeAsync(central, http, link, $"somebody{i}")));
        answers.Count(a => a == 204).ShouldBe(1);
    }
}
