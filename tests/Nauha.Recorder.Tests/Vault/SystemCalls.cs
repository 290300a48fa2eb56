using System.Globalization;
using System.Text.RegularExpressions;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>One system call as strace saw it: it began at one line of the trace and ended at the same or a later one.</summary>
internal sealed record SystemCall(string Name, string Text, int From, int Until)
{
    public bool IsWrite => Name is "write" or "pwrite64" or "pwritev" or "writev" && Result > 0;

    public bool IsSync => Name is "fsync" or "fdatasync" && Result == 0;

    /// <summary>On a descriptor of this file, or about a file of this name.</summary>
    public bool IsOf(string path) => Text.Contains($"<{path}>", StringComparison.Ordinal) || Text.Contains($"\"{path}\"", StringComparison.Ordinal);

    public long Result => long.TryParse(Text.AsSpan(Text.LastIndexOf("= ", StringComparison.Ordinal) + 2) is var tail && tail.IndexOf(' ') is >= 0 and var end ? tail[..end] : tail, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var result) ? result : -1;
}

/// <summary>A trace of <c>strace -f</c>, calls in the order in which they began; what never ended is left out.</summary>
internal static partial class SystemCalls
{
    public static List<SystemCall> Read(IReadOnlyList<string> lines)
    {
        var begun = new Dictionary<string, (string Text, int From)>();
        var calls = new List<SystemCall>();
        for (var i = 0; i < lines.Count; i++)
        {
            if (Line().Match(lines[i]) is not { Success: true } line) continue;
            var (process, text, from) = (line.Groups[1].Value, line.Groups[2].Value, i);
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                begun[process] = (text[..^"<unfinished ...>".Length], i);
                continue;
            }
            if (Resumed().Match(text) is { Success: true } resumed)
            {
                if (!begun.Remove(process, out var first)) continue;
                (text, from) = (first.Text + resumed.Groups[1].Value, first.From);
            }
            if (text.IndexOf('(', StringComparison.Ordinal) is > 0 and var name) calls.Add(new(text[..name], text, from, i));
        }
        return [.. calls.OrderBy(c => c.From)];
    }

    /// <summary>One of these calls began after that line and had ended before this one.</summary>
    public static bool Between(this IEnumerable<SystemCall> calls, int from, int until) => calls.Any(c => c.From > from && c.Until < until);

    [GeneratedRegex(@"^(\d+) +(.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(.*)$")]
    private static partial Regex Resumed();
}
