using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>What an appliance says (up) and hears (down). A topic names the appliance and the kind, nothing else.</summary>
public enum TopicKind { Birth, Status, Progress, Record, Part, Answer, Have, Receipt, Command, Document, Time }

/// <summary><c>nauha/1/&lt;appliance&gt;/up|down/&lt;channel&gt;</c>.</summary>
public static class Topics
{
    private static readonly string[] Names = ["birth", "status", "progress", "record", "part", "answer", "have", "receipt", "command", "document", "time"];

    public static bool IsUp(TopicKind kind) => kind <= TopicKind.Answer;

    public static string Of(ApplianceId appliance, TopicKind kind) => $"nauha/1/{appliance.Text}/{(IsUp(kind) ? "up" : "down")}/{Names[(int)kind]}";

    /// <summary>Everything central sends to one appliance.</summary>
    public static string AllDown(ApplianceId appliance) => $"nauha/1/{appliance.Text}/down/#";

    /// <summary>Everything that all appliances say.</summary>
    public const string AllUp = "nauha/1/+/up/#";

    public static bool TryParse([NotNullWhen(true)] string? topic, out ApplianceId appliance, out TopicKind kind)
    {
        (appliance, kind) = (default, default);
        if (topic?.Split('/') is not ["nauha", "1", var name, var way and ("up" or "down"), var last] || !ApplianceId.TryParse(name, out appliance)) return false;
        var index = Array.IndexOf(Names, last);
        kind = (TopicKind)Math.Max(0, index);
        return index >= 0 && IsUp(kind) == (way == "up");
    }
}
