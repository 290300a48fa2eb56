using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Central.Audit;

/// <summary>Something that somebody did, or was refused.</summary>
/// <param name="Actor">An account's id, or operator:&lt;uid&gt;, or central. Never a name.</param>
/// <param name="Act">sign-in, search, show, listen, release, export, train, activate, revoke, …</param>
/// <param name="Outcome">done, refused, failed, limited.</param>
/// <param name="Purpose">One of the notice's seven.</param>
/// <param name="Sealed">Reason, case, what was searched: sealed under the month's audit key before it is written.</param>
/// <param name="Subject">To whom or what it was done: an account's id, an appliance's, a listening's. Never a name.</param>
/// <param name="Detail">What else may be read by everybody who sees the log: seconds released, a role, why something was refused. Nothing personal.</param>
public sealed record AuditEntry(string Actor, string Act, string Outcome, CallId? Call = null, string? Purpose = null, IReadOnlyDictionary<string, string>? Sealed = null, string? Subject = null, string? Detail = null);

/// <summary>One line of the log as it stands there.</summary>
public sealed record AuditLine(ulong Index, long AtMs, string Actor, string Act, string Outcome, string? Call, string? Purpose, string? Subject, string? Detail)
{
    /// <summary>The sealed part; null where there is none.</summary>
    public byte[]? Sealed { get; init; }

    /// <summary>Whose key opens the sealed part.</summary>
    public string Month => AuditLeaf.MonthOf(AtMs);
}

/// <summary>An entry's bytes in the log: one strict JSON object on one line.</summary>
internal static class AuditLeaf
{
    public static string MonthOf(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static byte[] SealInfo(string month) => Encoding.ASCII.GetBytes($"nauha/1 audit\0{month}");

    public static byte[] Write(AuditEntry entry, MerkleTree before, long now, Func<string, byte[]> monthKey) => StrictJson.Write(json =>
    {
        json.WriteNumber("i", before.Size);
        json.WriteNumber("atMs", now);
        json.WriteString("before", Convert.ToHexStringLower(before.Root()[..8]));
        json.WriteString("actor", entry.Actor);
        json.WriteString("act", entry.Act);
        json.WriteString("outcome", entry.Outcome);
        json.WriteString("call", entry.Call?.ToString());
        json.WriteString("subject", entry.Subject);
        json.WriteString("purpose", entry.Purpose);
        json.WriteString("detail", entry.Detail);
        if (entry.Sealed is { Count: > 0 } facts) json.WriteBase64String("sealed", Seal(facts, MonthOf(now), monthKey)); else json.WriteNull("sealed");
    });

    // Reason, case and search values are personal: they are sealed to the month's key, whose private half dies in its time.
    private static byte[] Seal(IReadOnlyDictionary<string, string> facts, string month, Func<string, byte[]> monthKey)
    {
        var plain = StrictJson.Write(json =>
        {
            foreach (var (name, value) in facts) json.WriteString(name, value);
        });
        var padded = new byte[(plain.Length + 255) / 256 * 256];
        padded.AsSpan().Fill((byte)' ');
        plain.CopyTo(padded, 0);
        CryptographicOperations.ZeroMemory(plain);
        return Hpke.Seal(monthKey(month), SealInfo(month), padded);
    }

    /// <param name="line">The entry, and the first bytes of the root before it.</param>
    public static bool TryRead(ReadOnlySpan<byte> leaf, ulong expected, out (AuditLine Line, string Before) line, out string error) => StrictJson.TryRead(leaf, m =>
    {
        if (m.Count("i") != expected) throw m.Wrong("i", $"is not {expected}");
        // Entries of the first version have neither subject nor detail.
        var read = new AuditLine(expected, m.Whole("atMs"), m.Text("actor"), m.Text("act"), m.Text("outcome"), m.TextOrNull("call"), m.TextOrNull("purpose"), m.Has("subject") ? m.TextOrNull("subject") : null, m.Has("detail") ? m.TextOrNull("detail") : null);
        var before = m.Text("before");
        return (read with { Sealed = m.TextOrNull("sealed") is { } text ? Convert.FromBase64String(text) : null }, before);
    }, out line, out error);

    /// <summary>The number that a line says it has, whatever else stands in it.</summary>
    public static ulong? IndexOf(ReadOnlySpan<byte> leaf)
    {
        if (!leaf.StartsWith("{\"i\":"u8)) return null;
        var digits = leaf[5..];
        var end = digits.IndexOf((byte)',');
        return end > 0 && ulong.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] bytes)
    {
        for (var from = 0; from < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', from);
            if (end < 0) yield break;
            yield return bytes.AsMemory(from, end - from);
            from = end + 1;
        }
    }
}
