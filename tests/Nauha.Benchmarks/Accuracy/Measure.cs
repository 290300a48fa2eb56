using Nauha.Recorder.Tests.Telephony;
using Nauha.Telephony;

namespace Nauha.Benchmarks.Accuracy;

/// <summary>What one receiver made of a point: per cent of what was sent, and how much it heard that was not.</summary>
internal sealed record Score(double Percent, int Spurious);

/// <summary>A point with what each made of it; null: the peer has no such receiver.</summary>
internal sealed record Measured(Point Point, Score Ours, Score Spandsp, Score? Multimon)
{
    /// <summary>Why ours is not good enough here, or null.</summary>
    public string? Fault => this switch
    {
        { Ours.Spurious: > 0 and var n } => $"{n} heard that were not sent",
        { Point.Demand: Demand.Never, Ours.Percent: > 0 } => "heard what must not be",
        { Point.Demand: Demand.Never or Demand.None } => null,
        _ when Ours.Percent < Point.Least => $"under {Point.Least} %",
        _ when Ours.Percent < Spandsp.Percent => "under spandsp",
        { Point.Demand: Demand.Spandsp } => null,
        { Multimon: { Spurious: 0, Percent: var most } } when Ours.Percent < most => "under multimon-ng",
        _ => null,
    };
}

/// <summary>Ours and the peers on the same samples. Seeds are fixed: a point is the same sound on every machine.</summary>
internal static class Measure
{
    private const int KeysARun = 20;

    /// <param name="quick">A fifth of the digits and messages.</param>
    public static Measured Take(Point point, Peers peers, bool quick)
    {
        var runs = (point.Signal == Signal.Dtmf ? 50 : 100) / (quick ? 5 : 1);
        var sounds = new List<short[]>();
        var truths = new List<string>();
        for (var seed = 1; seed <= runs; seed++)
        {
            var sounding = new Sounding(seed).Silence(100 + (seed % 37 * 0.61));
            truths.Add(point.Signal == Signal.Dtmf ? sounding.RandomKeys(KeysARun) : Message(seed));
            sounds.Add(point.Make(sounding, truths[^1]).Samples());
        }
        var multimon = point.Signal == Signal.Bell202 ? null : peers.Multimon(point.Signal, sounds);
        return new(point, Judge(point.Signal, truths, [.. sounds.Select(s => Ours(point.Signal, s))]), Judge(point.Signal, truths, peers.Spandsp(point.Signal, sounds)),
            multimon is null ? null : point.Signal == Signal.Dtmf ? Judge(point.Signal, truths, multimon) : Shown(truths, multimon));
    }

    // A name as long as they come: each byte more is one more that noise may hit.
    private const string Name = "NIMI PUHELINLUETTELOSTA JA SEN PERASSA OSOITE";

    // Call setup with the time, the number and a name, as hex.
    private static string Message(int seed)
    {
        var number = $"040999{(seed * 7_919 % 10_000):D4}";
        return Convert.ToHexStringLower([0x80, (byte)(24 + Name.Length), 1, 8, .. "03170845"u8, 2, 10, .. number.Select(c => (byte)c), 7, (byte)Name.Length, .. Name.Select(c => (byte)c)]);
    }

    private static string Ours(Signal signal, short[] samples)
    {
        if (signal == Signal.Dtmf)
        {
            var (detector, tones) = (new DtmfDetector(), new List<DtmfTone>());
            detector.Process(samples, tones);
            detector.Finish(tones);
            return string.Concat(tones.Select(t => t.Digit));
        }
        var (fsk, messages) = (new FskCallerId(), new List<CallerIdMessage>());
        fsk.Process(samples, messages);
        fsk.Finish(messages);
        return string.Join(' ', messages.Select(m => m.Raw));
    }

    private static Score Judge(Signal signal, List<string> truths, string[] heard)
    {
        var (right, sent, spurious) = (0, 0, 0);
        foreach (var (truth, said) in truths.Zip(heard))
        {
            if (signal == Signal.Dtmf)
            {
                var matched = LongestCommon(truth, said);
                (right, sent, spurious) = (right + matched, sent + truth.Length, spurious + said.Length - matched);
                continue;
            }
            // With or without its checksum; spandsp leaves it out.
            var messages = said.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var good = messages.Any(m => m.StartsWith(truth, StringComparison.Ordinal)) ? 1 : 0;
            (right, sent, spurious) = (right + good, sent + 1, spurious + messages.Length - good);
        }
        return new(100.0 * right / sent, spurious);
    }

    // multimon-ng prints fields for people: the number has to be among them.
    private static Score Shown(List<string> truths, string[] heard)
    {
        var right = truths.Zip(heard).Count(pair => pair.Second.Contains(NumberOf(pair.First), StringComparison.Ordinal));
        return new(100.0 * right / truths.Count, heard.Sum(text => text.Split('\n').Count(l => l.Contains("CID=", StringComparison.Ordinal))) - right);
    }

    private static string NumberOf(string hex) => System.Text.Encoding.ASCII.GetString(Convert.FromHexString(hex)[14..24]);

    private static int LongestCommon(string a, string b)
    {
        var best = new int[a.Length + 1, b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
                best[i, j] = a[i - 1] == b[j - 1] ? best[i - 1, j - 1] + 1 : Math.Max(best[i - 1, j], best[i, j - 1]);
        return best[a.Length, b.Length];
    }
}
