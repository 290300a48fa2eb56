namespace Nauha.Central;

/// <summary>What somebody may do. Who has which is one table: Access/Roles.cs.</summary>
public enum Right
{
    Search, Listen, Export,
    Hold, ConfirmHold, Destroy, ConfirmDestroy,
    Exclude, Mask,
    Train, ManageUsers,
    SeeAppliances, ManageAppliances,
    SeeAudit, OpenAudit, SeeReports,
    RunRetention, Backup,
}

/// <summary>Who may use an endpoint. Every endpoint bears one: without it the gate lets nobody in, and a test fails.</summary>
public abstract record Rule
{
    private Rule() { }

    /// <summary>A signed-in, trained and active person whose role has this right.</summary>
    public sealed record Person(Right Right) : Rule;

    /// <summary>Anybody who is signed in; the reason says why that is enough.</summary>
    public sealed record AnyPerson(string Why) : Rule;

    /// <summary>Anybody at all; the reason says why that does no harm.</summary>
    public sealed record Open(string Why) : Rule;

    /// <summary>An appliance with its certificate or its one-time code; the endpoint itself checks which.</summary>
    public sealed record Appliance(string Why) : Rule;

    /// <summary>Who sits at the machine, over the admin socket; on the network the endpoint is not there.</summary>
    public sealed record Operator(string Why) : Rule;

    public string Words => this switch
    {
        Person person => person.Right.ToString(),
        AnyPerson any => $"signed in: {any.Why}",
        Open open => $"anybody: {open.Why}",
        Appliance appliance => $"appliance: {appliance.Why}",
        Operator own => $"operator: {own.Why}",
        _ => throw new InvalidOperationException("a rule without words"),
    };
}

internal static class Rules
{
    public static T Needs<T>(this T endpoint, Right right) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Rule.Person(right));

    public static T SignedIn<T>(this T endpoint, string why) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Rule.AnyPerson(why));

    public static T Anybody<T>(this T endpoint, string why) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Rule.Open(why));

    public static T Appliances<T>(this T endpoint, string why) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Rule.Appliance(why));

    public static T Operator<T>(this T endpoint, string why) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Rule.Operator(why));
}
