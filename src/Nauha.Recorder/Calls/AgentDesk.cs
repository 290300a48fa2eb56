using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Calls;

/// <summary>
/// Who sits at which line, by badge, keypad or telephone; in memory only. The same agent once more signs out, another one takes the
/// place, and after ten hours everybody is signed out. Where nobody is signed in, a call has the line's own agent.
/// </summary>
public sealed class AgentDesk(BadgeBook badges, TimeProvider time)
{
    public static readonly TimeSpan Longest = TimeSpan.FromHours(10);

    private readonly Lock _one = new();
    private readonly Dictionary<int, (AgentId Agent, string KnownBy, long Since)> _at = [];

    /// <summary>Somebody showed a badge, or keyed one in, for these lines. Slow: not on a line's own thread.</summary>
    /// <param name="by">badge, keypad or telephone: stands in the record.</param>
    /// <param name="leavesAgain">Who sits at all of these lines already leaves; else he stays.</param>
    /// <returns>False: it is nobody's.</returns>
    public bool Show(string badge, IReadOnlyCollection<LineId> lines, string by, bool leavesAgain = true)
    {
        ArgumentNullException.ThrowIfNull(lines);
        if (badges.Of(badge) is not { } agent) return false;
        lock (_one)
        {
            var now = time.GetTimestamp();
            // Who sits at all of them goes; else he comes.
            var leaves = leavesAgain && lines.All(line => Current(line, now) is { } sits && sits.Agent == agent);
            foreach (var line in lines)
                if (leaves) _at.Remove(line.Number);
                else _at[line.Number] = (agent, by, now);
        }
        return true;
    }

    /// <summary>Whoever sits at these lines leaves.</summary>
    public void Leave(IReadOnlyCollection<LineId> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        lock (_one)
            foreach (var line in lines) _at.Remove(line.Number);
    }

    /// <summary>Who is signed in at a line, and how that is known; null: nobody.</summary>
    public (AgentId Agent, string KnownBy)? Of(LineId line)
    {
        lock (_one) return Current(line, time.GetTimestamp());
    }

    private (AgentId Agent, string KnownBy)? Current(LineId line, long now) =>
        _at.TryGetValue(line.Number, out var sits) && time.GetElapsedTime(sits.Since, now) < Longest ? (sits.Agent, sits.KnownBy) : null;
}
