using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>Whose badge is whose: what a reader reads, and the agent as an opaque id. Names exist at central alone. Sealed on its way as a <see cref="NumberList"/> is.</summary>
/// <param name="Badges">Badge (digits and A to F) and agent.</param>
public sealed record BadgeList(IReadOnlyList<(string Badge, AgentId Agent)> Badges)
{
    public const int Most = 1_000;

    private const int ShortestBadge = 4, LongestBadge = 32;

    public static byte[] Info(FleetId fleet, ApplianceId appliance, ulong version) => SealedList.Info("roster", fleet, appliance, version);

    public byte[] Seal(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info) => SealedList.Seal(publicKey, info, StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteStartArray("badges");
        foreach (var (badge, agent) in Badges)
        {
            json.WriteStartObject();
            json.WriteString("badge", badge);
            json.WriteString("agent", agent.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }));

    public static bool TryOpen(DaySecret secret, ReadOnlySpan<byte> info, ReadOnlySpan<byte> blob, [NotNullWhen(true)] out BadgeList? list, out string error) => SealedList.TryOpen(secret, info, blob, m =>
    {
        m.Version(1);
        return new BadgeList(m.List("badges", Most, b => (IsBadge(b.Text("badge")) is { } badge ? badge : throw b.Wrong("badge", "is none"), AgentId.TryParse(b.Text("agent"), out var agent) ? agent : throw b.Wrong("agent", "is no agent id"))));
    }, out list, out error) && list is not null;

    /// <returns>As a reader gives it, upper case; null: it is no badge.</returns>
    public static string? IsBadge(string? text) => text?.ToUpperInvariant() is { Length: >= ShortestBadge and <= LongestBadge } badge && badge.All(char.IsAsciiHexDigitUpper) ? badge : null;
}
