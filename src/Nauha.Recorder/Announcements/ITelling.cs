using Nauha.Recorder.Line;
using Nauha.Telephony;

namespace Nauha.Recorder.Announcements;

/// <summary>
/// How whoever is on a line comes to be told: the box says it itself (<see cref="AnnouncementPlayer"/>), or it hears that
/// the network or the PBX does (<see cref="AnnouncementListener"/>). Stepped by the line's own thread.
/// </summary>
internal interface ITelling
{
    /// <summary>The port's progress tones: one of them under the announcement means that nobody is there yet.</summary>
    ToneSet Tones { set; }

    /// <summary>Whoever is on the line from here on is told from its beginning: what was heard before does not count.</summary>
    void Anew(long at);

    /// <summary>It is to be said now. See <see cref="AnnouncementPlayer.Start"/>.</summary>
    void Start(long at, bool stateHeld, bool cutThrough);

    void Stop();

    /// <summary>The handset moved or the polarity turned: whatever was heard across this moment proves nothing.</summary>
    void Disturbed(long at);

    /// <summary>What is heard without what the box itself plays.</summary>
    void Clean(LineMemory memory, ReadOnlySpan<short> heard, long at, Span<short> left);

    /// <summary>Once a block: the judgement, when there is one.</summary>
    /// <param name="isFed">The pair is fed just now, or there is none that could be.</param>
    Proof? Feed(LineMemory memory, bool isFed);
}
