using Microsoft.AspNetCore.Identity;

namespace Nauha.Central.Access;

/// <summary>Why something about an account was not done: a code, for which the Desk has words in each language, and an English sentence for everybody else.</summary>
public sealed record Refusal(string Code, string Sentence)
{
    public static readonly Refusal LinkSpent = new("link-spent", "This link is used up. Start the server anew for another one, as long as there is no account.");
    public static readonly Refusal NoSelfTraining = new("no-self-training", "Nobody trains himself: another person records the training.");
    public static readonly Refusal NoCourse = new("no-course", "Say which training it was (at most 200 characters).");
    public static readonly Refusal NotTrained = new("not-trained", "An account is activated after its training. Record the training first.");
    public static readonly Refusal NoSelfActivation = new("no-self-activation", "Nobody activates himself.");
    public static readonly Refusal TrainerActivates = new("trainer-activates", "Who recorded the training does not activate the account: another person does.");
    public static readonly Refusal NoSelfChange = new("no-self-change", "Nobody changes his own rights.");
    public static readonly Refusal NoSuchRole = new("no-such-role", $"There is no such role. There are: {string.Join(", ", Roles.All)}.");
    public static readonly Refusal HasTrainer = new("has-trainer", "There is somebody who may train: from then on a trainer records trainings.");
    public static readonly Refusal NoTrainer = new("no-trainer", "Only an account of the role trainer is made the first trainer.");
    public static readonly Refusal NameTaken = new("name-taken", "There is an account of this name.");
    public static readonly Refusal NameUnusable = new("name-unusable", "A user name has letters, digits and - . _ @ + only.");
    public static readonly Refusal PasswordShort = new("password-short", "A password has at least 12 characters.");
    public static readonly Refusal PasswordWrong = new("password-wrong", "The password is wrong.");
    public static readonly Refusal Failed = new("failed", "The account could not be changed. Try again.");

    public static IReadOnlyList<Refusal> All { get; } =
        [LinkSpent, NoSelfTraining, NoCourse, NotTrained, NoSelfActivation, TrainerActivates, NoSelfChange, NoSuchRole, HasTrainer, NoTrainer, NameTaken, NameUnusable, PasswordShort, PasswordWrong, Failed];

    internal static Refusal? Of(IdentityResult result) => result.Succeeded ? null : result.Errors.First().Code switch
    {
        nameof(IdentityErrorDescriber.DuplicateUserName) => NameTaken,
        nameof(IdentityErrorDescriber.InvalidUserName) => NameUnusable,
        nameof(IdentityErrorDescriber.PasswordTooShort) => PasswordShort,
        nameof(IdentityErrorDescriber.PasswordMismatch) => PasswordWrong,
        _ => Failed,
    };
}
