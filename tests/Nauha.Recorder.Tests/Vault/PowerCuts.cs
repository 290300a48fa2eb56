using Nauha.Format;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// The steps of a run are remembered, and the store is opened as it stood after each of them: with what was not synced
/// yet there, gone, only the later part of it there, or torn within a write.
/// </summary>
public sealed class PowerCuts
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    /// <summary>What became of the bytes that were written and not synced.</summary>
    private enum Unsynced { Gone, There, OnlyLast, OnlyFirst, TornHead, TornTail }

    private static List<Step> Chosen(List<Step> pending, Unsynced unsynced) => (unsynced, pending) switch
    {
        (Unsynced.Gone, _) or (_, []) => [],
        (Unsynced.There, _) => pending,
        (Unsynced.OnlyLast, [.., var last]) => [last],
        (Unsynced.OnlyFirst, [var first, ..]) => [first],
        (_, [.. var others, { Act: Act.Write } last]) => [.. others, CutStore.Half(last, unsynced == Unsynced.TornHead)],
        _ => pending,
    };

    [Fact]
    public async Task After_a_power_cut_at_any_step_the_vault_is_whole_and_no_synced_frame_is_missing()
    {
        using var trial = new Trial();
        var before = Directory.CreateTempSubdirectory("nauha-before-").FullName;
        Trial.Copy(trial.Data, before);
        var disk = new TrialDisk();
        using (var vault = trial.Open(disk))
        {
            await trial.RecordAsync(vault, disk, 1);
            await trial.RecordAsync(vault, disk, 2);
        }
        var states = new HashSet<string>();
        for (var n = 0; n <= disk.Steps.Count; n++)
            foreach (var unsynced in Enum.GetValues<Unsynced>())
                foreach (var names in new[] { false, true })
                    Try(trial, before, disk.Steps.Take(n).ToList(), unsynced, names, states, restarts: Long || n % 2 == 0);
        states.Count.ShouldBeGreaterThan(80);
        Directory.Delete(before, recursive: true);
        FaultTable.Write("Power cuts", $"""
            Two calls, {disk.Steps.Count(s => (int)s.Act >= 0)} steps. The store is opened as it stood after each step, with what was not synced gone, there, only its last or first write there, or the last write torn in its middle (512-byte blocks, either half); with and without names that no folder sync covered; and again after a cut at each step of the start that follows (in CI: of every second start).
            {FaultTable.LastLong("Power cuts", $"{states.Count} different states")}

            | | |
            |---|---|
            | `check` after the next start | green every time |
            | frames that were synced before the cut | kept every time |
            | the recording made before | untouched every time |
            | numbers | none missing, none twice |
            | a second start | finds nothing to do |
            """);
    }

    private static void Try(Trial trial, string before, List<Step> steps, Unsynced unsynced, bool names, HashSet<string> states, bool restarts)
    {
        var what = $"after {steps.Count} steps ({steps.LastOrDefault()}), unsynced {unsynced}, unsynced names {(names ? "there" : "gone")}{(restarts ? "" : ", cut again")}";
        var after = CutStore.After(before, trial.Data, steps, pending => Chosen(pending, unsynced), waiting => names ? waiting : 0);
        if (!states.Add($"{CutStore.Hash(after)} {Promised(steps).Count}")) return;
        var data = Directory.CreateTempSubdirectory("nauha-cut-").FullName;
        try
        {
            CutStore.Materialise(before, after, data);
            var disk = new TrialDisk();
            var second = Directory.CreateTempSubdirectory("nauha-cut-").FullName;
            if (restarts) Trial.Copy(data, second);
            List<JournalCall> calls;
            int records;
            using (var vault = CallVault.Open(data, trial.Identity, true, TimeProvider.System, trial.Log, false, disk))
            {
                VaultCheck.Run(vault).ShouldBeEmpty(what);
                calls = vault.Read(i => i.Calls.ToList());
                records = vault.Read(i => i.Records.Count);
                foreach (var line in calls.GroupBy(c => c.Line)) line.Select(c => c.CallNumber).Order().ShouldBe(Enumerable.Range(1, line.Count()).Select(i => (ulong)i), what);
                foreach (var (call, frames) in Promised(steps))
                {
                    var known = calls.Find(c => c.Call == call).ShouldNotBeNull(what);
                    known.IsClosed.ShouldBeTrue(what);
                    if (frames > 0) ((long)known.Recording.ShouldNotBeNull(what).Frames).ShouldBeGreaterThanOrEqualTo(frames, what);
                }
                trial.EarlierIsUntouchedIn(data).ShouldBeTrue(what);
            }
            using (var again = trial.OpenAt(data)) again.Read(i => i.Records.Count).ShouldBe(records, what);
            // The start's own steps can be cut too.
            if (restarts)
                for (var n = 0; n <= disk.Steps.Count; n++)
                    Try(trial, second, [.. steps.Where(s => (int)s.Act < 0), .. disk.Steps.Take(n).Select(s => s with { Path = s.Path.Replace(data, trial.Data, StringComparison.Ordinal), To = s.To?.Replace(data, trial.Data, StringComparison.Ordinal) })], n % 2 == 0 ? Unsynced.There : Unsynced.TornHead, n % 3 == 0, states, restarts: false);
            Directory.Delete(second, recursive: true);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    // What the recorder was told is safe: numbers, and how many frames of each call.
    private static Dictionary<CallId, int> Promised(IEnumerable<Step> steps)
    {
        var promised = new Dictionary<CallId, int>();
        foreach (var words in steps.Where(s => (int)s.Act < 0).Select(s => s.Path.Split(' ')))
        {
            CallId.TryParse(words[1], out var call).ShouldBeTrue();
            promised[call] = Math.Max(promised.GetValueOrDefault(call), words[0] == "frame" ? int.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture) : 0);
        }
        return promised;
    }
}
