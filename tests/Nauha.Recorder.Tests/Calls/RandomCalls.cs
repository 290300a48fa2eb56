using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>
/// Calls of every kind in random order and with random mishaps, on lines of every profile: 500, in the long form 5,000.
/// Every lift and every ring is numbered once, every kept second was told before, nothing is invented.
/// </summary>
public sealed class RandomCalls
{
    private const int CallsOnALine = 25;
    private static readonly int Lines = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 200 : 20;

    private sealed record Drawn(CallScript Script, Ending Ending, Direction? Direction, string? Number);

    [Fact]
    public async Task Every_lift_is_numbered_once_every_kept_second_was_told_before_and_nothing_is_invented()
    {
        var findings = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Lines), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (line, _) =>
        {
            foreach (var finding in await FindingsAsync(line)) findings.Add($"line of seed {line}: {finding}");
        });
        findings.ShouldBeEmpty(string.Join("\n", findings.Order(StringComparer.Ordinal)));
    }

    private static async Task<List<string>> FindingsAsync(int seed)
    {
        var random = new Random(seed);
        // Without the network's own noise: the coder keeps noise as noise, not sample by sample, and here samples are compared.
        var port = PortProfile.All[seed % PortProfile.All.Count] with { ComfortNoiseDbv = -100 };
        var drawn = Enumerable.Range(0, CallsOnALine).Select(_ => Draw(random)).ToList();
        using var box = new Box();
        var (calls, line) = await box.RunAsync(port, profile: LineProfile.Named(port.Name), calls: [.. drawn.Select(d => d.Script)]);
        var findings = new List<string>();
        if (!calls.Select(c => c.Call.CallNumber).SequenceEqual(Enumerable.Range(1, CallsOnALine).Select(i => (ulong)i))) findings.Add($"{CallsOnALine} calls happened, {calls.Count} are numbered");
        var lifts = line.Truths.Where(t => t.What is "lifted").Select(t => t.At).ToList();
        foreach (var (call, index) in calls.Zip(Enumerable.Range(0, drawn.Count)))
        {
            var (script, ending, direction, number) = drawn[index];
            var name = $"call {index + 1} ({script.Kind}{(script.Fault == LineFault.None ? "" : $", {script.Fault}")}, number {script.Number ?? "none"}, flashes {script.Flashes.Count}, keys {script.Keyed.Count})";
            if (findings.Count > 3) break;   // what comes after is out of step
            if (call.Call.Ending != ending) findings.Add($"{name} ended as {call.Call.Ending}, not as {ending}");
            if (call.Facts.Direction != direction) findings.Add($"{name} is {call.Facts.Direction}");
            if (call.Facts.Party?.Text != number) findings.Add($"{name} has the number {call.Facts.Party?.Text ?? "none"}");
            if (call.File is not null != (call.Call.Ending?.What == EndingKind.Recorded)) findings.Add($"{name}: file and ending do not agree");
            var lift = drawn.Take(index).Count(d => d.Script.Kind != ScriptKind.Missed);   // every other call has one
            if (call.File is { } file) findings.AddRange(Untold(box, file, line, lifts[lift]).Select(f => $"{name}: {f}"));
        }
        return findings;
    }

    // Each stretch begins just after the last sample of an announcement, and what it holds is what the pair carried there.
    private static IEnumerable<string> Untold(Box box, string file, ExchangeLine line, long lifted)
    {
        var (samples, first, frames) = box.Listen(file);
        var ends = line.Truths.Where(t => t.What == "played").Select(t => t.At + 1).ToHashSet();
        var lift = (lifted / 8 * 8) + 8;   // as it is sensed: at the first reading of the volts after it
        var end = long.MinValue / 2;
        foreach (var frame in frames)
        {
            if ((long)frame.FirstSample > end + 8 && !ends.Contains(lift + (long)frame.FirstSample)) yield return $"a stretch begins at {frame.FirstSample / 8_000.0:F3} s where no announcement ended";
            end = (long)(frame.FirstSample + frame.Samples);
        }
        var keys = frames.SelectMany(f => f.Events).Where(e => e.What == "key").ToList();
        var said = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line.Pair).Slice((int)(lift + first), Math.Min(samples.Length, line.Pair.Count - (int)(lift + first))).ToArray();
        for (var at = 0; at + 1_600 <= Math.Min(samples.Length, said.Length); at += 1_600)
        {
            var there = samples.AsSpan(at, 1_600);
            if (there.ToArray().Average(s => (double)s * s) < 200 * 200 || keys.Any(k => (long)k.At < first + at + 4_000 && (long)(k.At + k.Samples) > first + at - 2_400)) continue;   // keyed digits are silenced, and what may be one
            if (Audio.Sound.Correlation(there, said.AsSpan(at, 1_600)) < 0.85) yield return $"what is kept at {at / 8_000.0:F1} s is not what was said";
        }
    }

    private static Drawn Draw(Random random)
    {
        var gap = 1.2 + random.NextDouble();
        string Number() => "0" + (random.Next(2) == 0 ? "40" : "50") + random.Next(1_000_000, 9_999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var number = Number();
        var seconds = 1 + (random.NextDouble() * 3);
        var talk = Talk.Bundled.First(seconds);
        var form = (CallerIdForm)random.Next(4);
        var incoming = new CallScript { Kind = ScriptKind.Incoming, At = 0, Gap = gap, Number = number, CallerId = form, Rings = random.Next(10) == 0 ? 2 : 1, Talk = talk, PausesForAnnouncements = true };
        var known = form is CallerIdForm.Dtmf or CallerIdForm.V23 ? number : null;
        var outgoing = new CallScript { Kind = ScriptKind.Outgoing, At = 0, Gap = gap, Number = number, Reversal = random.Next(3) != 0, Talk = Talk.Bundled.First(3 + seconds), PausesForAnnouncements = true };
        return random.Next(20) switch
        {
            < 6 => new(incoming, Ending.Recorded, Direction.Incoming, known),
            6 => new(incoming with { Talk = Talk.Bundled.First(6), Flashes = [(1.5, random.Next(120, 700))] }, Ending.Recorded, Direction.Incoming, known),
            7 => new(incoming with { Talk = Talk.Bundled.First(4), Keyed = [(1, "4929123456")] }, Ending.Recorded, Direction.Incoming, known),
            8 => new(incoming with { Fault = LineFault.NotHeard }, Ending.Failed(EndingCode.NotHeard), Direction.Incoming, null),
            9 => new(incoming with { Fault = LineFault.LoopbackTrap }, Ending.Failed(EndingCode.NotHeard), Direction.Incoming, null),
            10 => new(incoming with { Sounds = [new(Cue.Lifted, 0.3, Side.Port, Signals.Tones(1, 1, 0, -15, 1_100))] }, Ending.Excluded(EndingCode.DataCall), Direction.Incoming, null),
            11 => new(incoming with { Kind = ScriptKind.Missed, Rest = 7.5 }, Ending.Missed, Direction.Incoming, null),
            12 => new(new() { Kind = ScriptKind.LiftOnly, At = 0, Gap = gap, Seconds = 1 + random.NextDouble() }, Ending.Excluded(EndingCode.NoCall), Direction.Outgoing, null),
            13 => new(outgoing with { Kind = ScriptKind.NotAnswered }, Ending.Excluded(EndingCode.NotAnswered), Direction.Outgoing, null),
            14 => new(outgoing with { Kind = ScriptKind.Busy, Seconds = 3 }, Ending.Excluded(EndingCode.NotAnswered), Direction.Outgoing, null),
            15 => new(outgoing with { Number = "112", Reversal = true, Talk = talk }, Ending.Excluded(EndingCode.Emergency), Direction.Outgoing, null),
            16 => new(outgoing with { Number = null, VoltsSteps = Signals.Pulses(number[..7], 0.8), AnswersAfter = 12, Reversal = true }, Ending.Recorded, Direction.Outgoing, number[..7]),
            _ => new(outgoing, Ending.Recorded, Direction.Outgoing, number),
        };
    }
}
