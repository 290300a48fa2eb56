using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>Nobody who talks is taken for a keyed digit, a caller ID or a tone: in CI some minutes, in the long form half an hour, at two levels.</summary>
public sealed class TalkOff
{
    private static readonly double Seconds = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 300 : 30;

    public static TheoryData<string> People => [.. Talkers.All];

    [Theory]
    [MemberData(nameof(People))]
    public void Talk_is_nothing_else(string who)
    {
        var talk = Talkers.Speak(who, Seconds);
        talk.Length.ShouldBeGreaterThanOrEqualTo((int)(Seconds * 8_000));
        foreach (var dbm0 in (double[])[-26, -12])
        {
            var gain = Math.Pow(10, (dbm0 - Levels.Of(talk).RmsDbm0!.Value) / 20);
            var heard = talk.Select(s => short.CreateSaturating(s * gain)).ToArray();
            foreach (var onHook in (bool[])[false, true])
                LineAnalysis.Analyze(heard, onHook).Where(f => f is not Finding.Summary).Select(f => LineAnalysis.ToJson(f, null)).ShouldBeEmpty($"{who} at {dbm0} dBm0");
        }
    }
}
