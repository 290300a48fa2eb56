using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nauha.Central.Access;

namespace Nauha.Central.Desk;

/// <summary>Accounts: an administrator activates and changes them, a trainer records trainings.</summary>
internal static class DeskPeople
{
    public static void MapPeople(this RouteGroupBuilder desk)
    {
        desk.MapGet("/people", (HttpContext http, Person person, Accounts accounts) => PeopleAsync(http, person, accounts, null)).Needs(Right.ManageUsers);
        desk.MapPost("/people/activate", ([FromForm] string? user, HttpContext http, Person person, Accounts accounts) => ActAsync(http, person, accounts, user, account => accounts.ActivateAsync(account, person.Who))).Needs(Right.ManageUsers);
        desk.MapPost("/people/deactivate", ([FromForm] string? user, HttpContext http, Person person, Accounts accounts) => ActAsync(http, person, accounts, user, account => accounts.DeactivateAsync(account, person.Who))).Needs(Right.ManageUsers);
        desk.MapPost("/people/role", ([FromForm] string? user, [FromForm] string? role, HttpContext http, Person person, Accounts accounts) => ActAsync(http, person, accounts, user, account => accounts.ChangeRoleAsync(account, role, person.Who))).Needs(Right.ManageUsers);
        desk.MapGet("/training", (HttpContext http, Person person) => Training(http, person, null)).Needs(Right.Train);
        desk.MapPost("/training", async ([FromForm] string? user, [FromForm] string? course, HttpContext http, Person person, Accounts accounts) =>
        {
            var words = Words.For(http.Request);
            if (await accounts.FindAsync(DeskEndpoints.Text(user)) is not { } account) return Training(http, person, words["noAccount"]);
            return Training(http, person, await accounts.TrainAsync(account, person.Who, DeskEndpoints.Text(course)) is { } refusal ? words.Of(refusal) : words["done"]);
        }).Needs(Right.Train);
    }

    private static async Task<IResult> ActAsync(HttpContext http, Person person, Accounts accounts, string? user, Func<Account, Task<Refusal?>> act)
    {
        var words = Words.For(http.Request);
        var message = await accounts.FindAsync(user) is not { } account ? words["noAccount"] : await act(account) is { } refusal ? words.Of(refusal) : words["done"];
        return await PeopleAsync(http, person, accounts, message);
    }

    private static async Task<IResult> PeopleAsync(HttpContext http, Person person, Accounts accounts, string? message) =>
        new RazorComponentResult<PeoplePage>(new { Words = Words.For(http.Request), Who = person.Who, Accounts = await accounts.ListAsync(), Message = message });

    private static RazorComponentResult<TrainingPage> Training(HttpContext http, Person person, string? message) =>
        new RazorComponentResult<TrainingPage>(new { Words = Words.For(http.Request), Who = person.Who, Message = message });
}
