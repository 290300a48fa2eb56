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
    // NAUHA_TESTS_SEEDS=54,103 looks at those lines alone, and says what their ports are.
    private static readonly int[]? Asked = Environment.GetEnvironmentVariable("NAUHA_TESTS_SEEDS")?.Split(',').Select(seed => int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
    private static readonly int[] Lines = Asked ?? [.. Enumerable.Range(0, Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 200 : 20)];

    private sealed record Drawn(CallScript Script, Ending Ending, Direction? Direction, string? Number);

    [Fact]
    public async Task Every_lift_is_numbered_once_every_kept_second_was_told_before_and_nothing_is_invented()
    {
        var findings = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(Lines, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (line, _) =>
        {
            foreach (var finding in await FindingsAsync(line)) findings.Add($"line of seed {line}: {finding}");
        });
        findings.ShouldBeEmpty(string.Join("\n", findings.Order(StringComparer.Ordinal)));
    }

    private static async Task<List<string>> FindingsAsync(int seed)
    {
        var random = new Random(seed);
        var port = Port(seed);
        // The first call comes when the port's volts have been learned: a line that has just been plugged in rests for longer.
        var drawn = Enumerable.Range(0, CallsOnALine).Select(_ => Draw(random)).Select(d => d with { Script = d.Script with { At = 15 } }).ToList();
        using var box = new Box();
        var (calls, line) = await box.RunAsync(port, profile: LineProfile.Named(port.Name), calls: [.. drawn.Select(d => d.Script)]);
        var findings = new List<string>();
        if (Asked is not null) findings.Add($"{port} heard {string.Join(' ', line.Truths.Take(12).Select(t => $"{t.What}@{t.At / 8_000.0:F2}"))} numbered {string.Join(' ', calls.Take(4).Select(c => $"{c.Facts.Direction} {c.Call.Ending}"))}");
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
            if (call.File is { } file) findings.AddRange(Untold(box, file, line, port, script.AnswersInBurst, lifts[lift]).Select(f => $"{name}: {f}"));
        }
        return findings;
    }

    // Every fifth line is plain; of the others everything is drawn, but for the network's own noise and a speech coder's error: the
    // recorder's coder keeps noise as noise, not sample by sample, and here samples are compared.
    private static PortProfile Port(int seed)
    {
        var plain = PortProfile.All[seed % PortProfile.All.Count];
        if (seed % 5 == 0) return plain with { ComfortNoiseDbv = -100 };
        var drawn = plain.Drawn(seed) with { ComfortNoiseDbv = -100 };
        return drawn.Network.Codec is Codec.Linear or Codec.ALaw ? drawn : drawn with { Network = drawn.Network with { Codec = Codec.Narrow } };
    }

    // Each stretch begins just after the last sample of an announcement, and what it holds is what the pair carried there.
    private static IEnumerable<string> Untold(Box box, string file, ExchangeLine line, PortProfile port, bool inBurst, long lifted)
    {
        var (samples, first, frames) = box.Listen(file);
        var ends = line.Truths.Where(t => t.What == "played").Select(t => t.At + 1).ToHashSet();
        // The lift as it is sensed: at the first reading of the volts after which they stay low. A hook that bounces, and a ring that
        // goes on into it, hide it by so much; a ring that is on its way down already shows it a little early. Then the first
        // announcement's end says where.
        var lift = (lifted / 8 * 8) + 8;
        var hidden = (long)Math.Ceiling(port.Feed.BounceMs + port.Wave.TripMs) * 8;
        var crystals = port.Converter.PlaybackPpm == 0 ? 0 : 1;      // between two samples
        bool Ended(long at) => Enumerable.Range(-crystals, 1 + (2 * crystals)).Any(off => ends.Contains(at + off));
        for (var later = inBurst ? -34 * 8L : 0; later <= hidden; later += 8)
        {
            if (!Ended(lift + later + first)) continue;
            lift += later;
            break;
        }
        var end = long.MinValue / 2;
        foreach (var frame in frames)
        {
            if ((long)frame.FirstSample > end + 8 && !Ended(lift + (long)frame.FirstSample)) yield return $"a stretch begins at {frame.FirstSample / 8_000.0:F3} s where no announcement ended; the nearest, by {ends.Min(e => Math.Abs(e - lift - (long)frame.FirstSample))} samples";
            end = (long)(frame.FirstSample + frame.Samples);
        }
        var keys = frames.SelectMany(f => f.Events).Where(e => e.What == "key").ToList();
        // Between two stretches nothing was kept: what reaches into that is compared with neither.
        bool IsKept(int at) => frames.Where(f => (long)f.FirstSample < first + at + 1_600 && (long)(f.FirstSample + f.Samples) > first + at).Sum(f => Math.Min((long)(f.FirstSample + f.Samples), first + at + 1_600) - Math.Max((long)f.FirstSample, first + at)) >= 1_590;
        var said = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line.Pair).Slice((int)(lift + first), Math.Min(samples.Length, line.Pair.Count - (int)(lift + first))).ToArray();
        // At its very beginning the coder is not in step yet with what a port hums by itself.
        for (var at = 0; at + 1_600 <= Math.Min(samples.Length, said.Length); at += 1_600)
        {
            var (there, carried) = (Moving(samples.AsSpan(at, 1_600)), Moving(said.AsSpan(at, 1_600)));
            if (!IsKept(at) || there.Average(s => (double)s * s) < Math.Pow(at == 0 ? 400 : 200, 2) || keys.Any(k => (long)k.At < first + at + 4_000 && (long)(k.At + k.Samples) > first + at - 2_400)) continue;   // keyed digits are silenced, and what may be one
            if (Audio.Sound.Correlation(there, carried) is var alike and < 0.85 && !IsSilencedFor(there, carried))
            {
                yield return $"what is kept at {at / 8_000.0:F1} s is not what was said ({alike:F2}, level {10 * Math.Log10(carried.Average(s => (double)s * s) / 32_768 / 32_768 * 2):F0} dB, by parts {string.Join(' ', Enumerable.Range(0, 20).Select(i => Audio.Sound.Correlation(there.AsSpan(i * 80, 80), carried.AsSpan(i * 80, 80)).ToString("F1", System.Globalization.CultureInfo.InvariantCulture)))}); marks {string.Join(' ', frames.SelectMany(f => f.Events).Select(e => $"{e.What}@{((long)e.At - first) / 8_000.0:F2}+{e.Samples / 8_000.0:F2}"))}";
                yield break;
            }
        }
    }

    // A vowel that may become a digit is silenced until it is known that it is none, for at most 130 ms; the rest is what was said.
    private static bool IsSilencedFor(short[] kept, short[] carried)
    {
        const int part = 80;
        static double Power(ReadOnlySpan<short> some)
        {
            var sum = 1.0;
            foreach (var sample in some) sum += (double)sample * sample;
            return sum;
        }
        var silenced = Enumerable.Range(0, kept.Length / part).Where(i => Power(kept.AsSpan(i * part, part)) < Power(carried.AsSpan(i * part, part)) / 10).ToList();
        if (silenced.Count is 0 or > 13 || silenced[^1] - silenced[0] >= 13) return false;
        // It begins and ends within a part.
        var (from, until) = (Math.Max(0, silenced[0] - 1) * part, Math.Min(kept.Length, (silenced[^1] + 2) * part));
        var (there, rest) = (kept.ToArray(), carried.ToArray());
        there.AsSpan(from, until - from).Clear();
        rest.AsSpan(from, until - from).Clear();
        return Audio.Sound.Correlation(there, rest) >= 0.85;
    }

    // Without its constant part, which is the converter's.
    private static short[] Moving(ReadOnlySpan<short> samples)
    {
        var all = samples.ToArray();
        var mean = (int)all.Average(s => s);
        return Array.ConvertAll(all, s => short.CreateSaturating(s - mean));
    }

    private static Drawn Draw(Random random)
    {
        var gap = 1.2 + random.NextDouble();
        string Number() => "0" + (random.Next(2) == 0 ? "40" : "50") + random.Next(1_000_000, 9_999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var number = Number();
        var seconds = 1 + (random.NextDouble() * 3);
        var talk = Talk.Bundled.First(seconds);
        var form = (CallerIdForm)random.Next(6);
        var incoming = new CallScript { AnswersInBurst = random.Next(4) == 0, Clear = random.Next(4) == 0 ? new(1 + random.NextDouble(), random.Next(2) * 400, random.Next(2) == 0, (ClearTone)random.Next(4)) : null, Kind = ScriptKind.Incoming, At = 0, Gap = gap, Number = number, CallerId = form, Rings = random.Next(10) == 0 ? 2 : 1, Talk = talk, PausesForAnnouncements = true };
        var known = form is CallerIdForm.Dtmf or CallerIdForm.V23 or CallerIdForm.Bell202 ? number : null;
        var outgoing = new CallScript { Kind = ScriptKind.Outgoing, At = 0, Gap = gap, Number = number, Reversal = random.Next(3) != 0, Talk = Talk.Bundled.First(3 + seconds), PausesForAnnouncements = true };
        return random.Next(24) switch
        {
            < 6 => new(incoming, Ending.Recorded, Direction.Incoming, known),
            6 => new(incoming with { Talk = Talk.Bundled.First(6), Flashes = [(1.5, random.Next(120, 700))] }, Ending.Recorded, Direction.Incoming, known),
            7 => new(incoming with { Talk = Talk.Bundled.First(4), Keyed = [(1, "4929123456")] }, Ending.Recorded, Direction.Incoming, known),
            8 => new(incoming with { Fault = LineFault.NotHeard }, Ending.Failed(EndingCode.NotHeard), Direction.Incoming, null),
            9 => new(incoming with { Fault = LineFault.LoopbackTrap }, Ending.Failed(EndingCode.NotHeard), Direction.Incoming, null),
            10 => new(incoming with { Sounds = [new(Cue.Lifted, 0.3, Side.Port, Signals.Tones(12, 0.5, 3, -15, 1_100))] }, Ending.Excluded(EndingCode.DataCall), Direction.Incoming, null),
            11 => new(incoming with { Kind = ScriptKind.Missed, Rest = 7.5 }, Ending.Missed, Direction.Incoming, null),
            12 => new(new() { Kind = ScriptKind.LiftOnly, At = 0, Gap = gap, Seconds = 1 + random.NextDouble() }, Ending.Excluded(EndingCode.NoCall), Direction.Outgoing, null),
            13 => new(outgoing with { Kind = ScriptKind.NotAnswered }, Ending.Excluded(EndingCode.NotAnswered), Direction.Outgoing, null),
            14 => new(outgoing with { Kind = ScriptKind.Busy, Seconds = 3 }, Ending.Excluded(EndingCode.NotAnswered), Direction.Outgoing, null),
            15 => new(outgoing with { Number = "112", Reversal = true, Talk = talk }, Ending.Excluded(EndingCode.Emergency), Direction.Outgoing, null),
            16 => new(outgoing with { Number = null, VoltsSteps = Signals.Pulses(number[..7], 0.8), AnswersAfter = 12, Reversal = true }, Ending.Recorded, Direction.Outgoing, number[..7]),
            17 => new(incoming with { Fault = LineFault.ReceiveOpen }, Ending.Failed(EndingCode.NotHeard), Direction.Incoming, null),
            18 => new(incoming with { Fault = LineFault.OtherPair }, Ending.Failed(EndingCode.NotHeard), Direction.Incoming, null),
            19 => new(incoming with { Fault = LineFault.RelayStuckClosed }, Ending.Recorded, Direction.Incoming, known),
            20 => new(incoming with { SecondPhones = [new(Cue.Talk, 0.7, 1_500)] }, Ending.Recorded, Direction.Incoming, known),
            _ => new(outgoing, Ending.Recorded, Direction.Outgoing, number),
        };
    }
}
