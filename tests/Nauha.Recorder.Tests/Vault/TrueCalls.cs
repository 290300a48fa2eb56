using System.Globalization;
using System.Text.RegularExpressions;
using Nauha.Format;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// What truly happened on the simulated lines in one life of the program, from the exchange's own diary, against what the
/// box says of it: each ring and each lift belongs to a call that has a number, that was refused one with an alarm, or that
/// lies within an interval to which the box says it was blind.
/// </summary>
internal sealed partial class TrueCalls
{
    /// <summary>One call as the exchange made it. Over: the handset is down again, or the caller has given up.</summary>
    private sealed record TrueCall(int Line, long AtMs, string First)
    {
        public bool IsOver { get; set; }
    }

    private readonly Lock _one = new();
    private readonly List<TrueCall> _calls = [];
    private readonly List<string> _said = [];
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private const long Hiccup = 3_600_000;

    private int _refused, _awaited;
    private long _newest;

    /// <summary>A line of what the program says; the diary stands between.</summary>
    public void Hear(string line)
    {
        lock (_one)
        {
            if (Entry().Match(line) is not { Success: true } entry)
            {
                _said.Add(line);
                if (line.Contains("A call could not be numbered", StringComparison.Ordinal)) _refused++;
                return;
            }
            var (at, on, what) = (long.Parse(entry.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(entry.Groups[2].ValueSpan, CultureInfo.InvariantCulture), entry.Groups[4].Value);
            // Now and then one look at a clock that is set by libfaketime gives the machine's own: entries are in their order all the same.
            at = _newest = at < _newest - Hiccup ? _newest : at;
            var last = _calls.LastOrDefault(c => c.Line == on);
            if (what is "ring" or "lifted" && last is null or { IsOver: true })
            {
                _calls.Add(new(on, at, what));
                if (_calls.Count == _awaited) _begun.TrySetResult();
            }
            if (what is "lowered" or "caller gives up" && last is not null) last.IsOver = true;
        }
    }

    /// <summary>Ends when so many calls have begun: at the very moment.</summary>
    public Task Begun(int calls)
    {
        lock (_one)
        {
            _awaited = calls;
            if (_calls.Count >= calls) _begun.TrySetResult();
            return _begun.Task;
        }
    }

    /// <summary>Calls that were over.</summary>
    public int Over
    {
        get
        {
            lock (_one) return _calls.Count(c => c.IsOver);
        }
    }

    public int Count
    {
        get
        {
            lock (_one) return _calls.Count;
        }
    }

    public string Said
    {
        get
        {
            lock (_one) return string.Join('\n', _said);
        }
    }

    // A clock that hiccups for a moment (libfaketime's does) is doubted, and the call amended as soon as it is believed again.
    private static long Moment(JournalCall call) => (call.Start.Started.UncertaintyMs == BoxClock.Doubtful ? call.Started : call.Start.Started).UnixMs;

    /// <summary>The calls that this life gave no number, after each number found its call.</summary>
    private List<TrueCall> Unnumbered(IEnumerable<JournalCall> numbered, string what)
    {
        var left = new List<TrueCall>();
        foreach (var line in _calls.GroupBy(c => c.Line))
        {
            var (calls, starts) = (line.ToList(), numbered.Where(c => c.Line.Number == line.Key).OrderBy(c => c.CallNumber).ToList());
            var next = 0;
            foreach (var (call, i) in calls.Select((call, i) => (call, i)))
            {
                // A number is given after its call began and before the line's next one does.
                var mine = next < starts.Count && Moment(starts[next]) >= call.AtMs && (i + 1 == calls.Count || Moment(starts[next]) < calls[i + 1].AtMs);
                if (mine) next++;
                else left.Add(call);
            }
            next.ShouldBe(starts.Count, $"{what}, line {line.Key}: a number of no call, {Story(calls, starts)}");
        }
        numbered.Select(c => c.Line.Number).ShouldBeSubsetOf(_calls.Select(c => c.Line), what);
        return left;

        static string Story(List<TrueCall> calls, List<JournalCall> starts) => $"calls at {string.Join(", ", calls.Select(c => c.AtMs))}, numbers at {string.Join(", ", starts.Select(s => Moment(s)))}";
    }

    /// <summary>Each call is a number, was refused one with an alarm, or was within what the box was blind to.</summary>
    /// <param name="blind">All that the box has said of its blindness, the next start included.</param>
    /// <returns>How many of them are numbers, refused, and in the dark.</returns>
    public (int Numbered, int Refused, int InTheDark) Account(IReadOnlyCollection<JournalCall> numbered, IReadOnlyCollection<CallRecord> blind, string what)
    {
        lock (_one)
        {
            var left = Unnumbered(numbered, what);
            var open = left.Where(call => !blind.Any(b => (b.Line.Number == 0 || b.Line.Number == call.Line) && b.BlindFromMs <= call.AtMs && call.AtMs <= b.BlindUntilMs)).ToList();
            // A refusal names its line and no call; a call may be refused at its ring and again at its lift.
            open.Count.ShouldBeLessThanOrEqualTo(_refused, $"{what}: not numbered, and neither refused nor in the dark: {Story(open, blind)}");
            foreach (var line in open.GroupBy(call => call.Line))
                _said.Count(said => said.Contains($"Line {line.Key}: alarm", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(line.Count(), $"{what}: refused without an alarm: {Story([.. line], blind)}");
            // What failed says so aloud; what died with the program is found by the next start.
            foreach (var call in numbered.Where(c => c.Ending is { What: EndingKind.Failed, Code: EndingCode.WriteError or EndingCode.NoSpace }))
                _said.ShouldContain(line => line.Contains($"Call {call.CallNumber} of line {call.Line.Number}", StringComparison.Ordinal), $"{what}\n{Said}");
            return (numbered.Count, open.Count, left.Count - open.Count);
        }

        string Story(List<TrueCall> calls, IReadOnlyCollection<CallRecord> dark) => $"{string.Join(", ", calls.Select(c => $"line {c.Line} {c.First} at {c.AtMs}"))}; blind {string.Join(", ", dark.Select(b => $"{b.Line.Number}: {b.BlindFromMs} to {b.BlindUntilMs}"))}\n{Said}";
    }

    [GeneratedRegex(@"^diary (\d+) (\d+) (\d+) (.+)$")]
    private static partial Regex Entry();
}
