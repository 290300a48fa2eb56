using Nauha.Recorder.Announcements;

namespace Nauha.Recorder.Status;

/// <summary>LED 2 while a technician tests a line: what he is to do, and what came of it, in the legend's own states.</summary>
public static class ListenLamp
{
    public static Lamp Of(ListenStep step) => Line(step == ListenStep.Announcing ? "announcing" : "learning");

    /// <param name="refused">It is proven, but nothing that could be built on: off its level, or torn.</param>
    public static Lamp Of(ListenResult result, bool refused)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result is { End: ListenEnd.Judged, Proof.Holds: true } && !refused) return Line("good");
        // What was recognised, on a steady pair and with nobody speaking, is wrong in its level.
        return Line(result is { End: ListenEnd.Judged, Proof: { Played: true, State: true, TalkedOver: false } } ? "hum-level" : "not-heard");
    }

    private static Lamp Line(string key) => LedLegend.Worst("line", key);
}
