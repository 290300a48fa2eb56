using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>What an appliance says (up) and hears (down). A topic names the appliance and the kind, nothing else.</summary>
public enum Channel { Birth, Status, Progress, Record, Part, Answer, Have, Receipt, Command, Document, Time }

/// <summary><c>nauha/1/&lt;appliance&gt;/up|down/&lt;channel&gt;</c>.</summary>
public static class Topics
{
    private static readonly string[] Names = ["birth", "status", "progress", "record", "part", "answer", "have", "receipt", "command", "document", "time"];

    public static bool IsUp(Channel channel) => channel <= Channel.Answer;

    public static string Of(ApplianceId appliance, Channel channel) => $"nauha/1/{appliance.Text}/{(IsUp(channel) ? "up" : "down")}/{Names[(int)channel]}";

    /// <summary>Everything central sends to one appliance.</summary>
    public static string AllDown(ApplianceId appliance) => $"nauha/1/{appliance.Text}/down/#";

    /// <summary>Everything that all appliances say.</summary>
    public const string AllUp = "nauha/1/+/up/#";

    public static bool TryParse([NotNullWhen(true)] string? topic, out ApplianceId appliance, out Channel channel)
    {
        (appliance, channel) = (default, default);
        if (topic?.Split('/') is not ["nauha", "1", var name, var way and ("up" or "down"), var kind] || !ApplianceId.TryParse(name, out appliance)) return false;
        var index = Array.IndexOf(Names, kind);
        channel = (Channel)Math.Max(0, index);
        return index >= 0 && IsUp(channel) == (way == "up");
    }
}
