using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>Line audio made by other people's transmitters, with its truth (tests/vectors/README.md).</summary>
public sealed class Vectors
{
    public sealed record Vector(string File, string Kind, string Truth, string Condition)
    {
        public override string ToString() => $"{File} {Condition}";
    }

    private static IEnumerable<Vector> All() => File.ReadAllLines(Path.Combine(TestVectors.Folder(), "truth.tsv")).Skip(1).Select(line => line.Split('\t')).Select(f => new Vector(f[0], f[1], f[2], f[3]));

    public static TheoryData<string> Names => [.. All().Select(v => v.File)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_says_what_was_sent_and_nothing_else(string name)
    {
        var vector = All().Single(v => v.File == name);
        var onHook = vector.Kind is not ("dtmf_dial" or "negative");
        var samples = TestVectors.Samples(name);
        var findings = LineAnalysis.Analyze(samples, onHook);
        var callers = findings.OfType<Finding.Caller>().Select(c => c.Message).ToList();
        var digits = ((Finding.Summary)findings[^1]).Digits;
        switch (vector.Kind)
        {
            case "dtmf_clip":
                callers.ShouldHaveSingleItem(vector.ToString()).Raw.ShouldBe(vector.Truth);
                break;
            case "dtmf_dial":
                digits.ShouldBe(vector.Truth, vector.ToString());
                break;
            case "fsk_v23" or "fsk_bell202":
                var message = callers.ShouldHaveSingleItem(vector.ToString());
                Describe(Convert.FromHexString(message.Raw)).ShouldBe(vector.Truth);
                message.Standard.ShouldBe(vector.Kind == "fsk_v23" ? CallerIdStandard.V23 : CallerIdStandard.Bell202);
                break;
            default:
                callers.ShouldBeEmpty(vector.ToString());
                digits.ShouldBe("", vector.ToString());
                LineAnalysis.Analyze(samples, onHook: true).OfType<Finding.Caller>().ShouldBeEmpty();
                break;
        }
    }

    private static string Describe(byte[] message)
    {
        var parts = new List<string> { $"type={message[0]:x2}" };
        for (var at = 2; at < message.Length - 1; at += 2 + message[at + 1])
            parts.Add($"{message[at]:x2}={string.Concat(message.AsSpan(at + 2, message[at + 1]).ToArray().Select(b => b is >= 32 and < 127 ? (char)b : '?'))}");
        return string.Join('|', parts);
    }
}
