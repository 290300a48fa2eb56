using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// A vault's life on two lines. After each step a power cut, with drawn ones of the writes that no sync covered lost, by
/// themselves, in every file.
/// </summary>
public sealed class PowerCutsOfALife : IDisposable
{
    private static readonly int Draws = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 24 : 3;

    private readonly TrialDisk _disk = new();
    private readonly VaultLife _life;

    public PowerCutsOfALife() => _life = new(_disk.Note);

    public void Dispose() => _life.Dispose();

    [Fact]
    public void Whatever_was_under_way_and_whatever_was_not_synced_the_vault_is_proven_and_says_nothing_that_is_not_so()
    {
        var before = Directory.CreateTempSubdirectory("nauha-before-").FullName;
        try
        {
            var data = _life.Box.Data;
            Trial.Copy(data, before);
            _life.Begin(before);
            Directory.CreateDirectory(CallVault.FolderOf(data));
            var end = _life.Live(data, _disk);
            var states = new HashSet<string>();
            for (var n = 1; n <= _disk.Steps.Count; n++)
                for (var draw = 0; draw < Draws; draw++)
                {
                    var random = new Random((n * 1_000) + draw);
                    var steps = _disk.Steps.Take(n).ToList();
                    var after = CutStore.After(before, data, steps, pending => Drawn(pending, random), waiting => random.Next(waiting + 1));
                    if (states.Add($"{CutStore.Hash(after)} {steps.Count(s => (int)s.Act < 0)}")) Try(before, after, steps, end, $"after {n} steps ({steps[^1]}), draw {draw}");
                }
            states.Count.ShouldBeGreaterThan(150, "losses of many kinds were drawn");
            FaultTable.Write("Power cuts in a life", $"""
                Two lines and all that a vault does: {_disk.Count} steps of calls, receipts, a swept copy, a destroyed call, an order to go on after what central has, and law 9 taking a day. The store is opened as it stood after each step, with any of the writes that no sync covered lost, each by itself and some torn, in all files at once, and names up to any place in their order (three draws a step in CI, of fixed seeds); then the day's end is lived through. The log is one of calls to the file system; the block device below it has a part of its own.
                {FaultTable.LastLong("Power cuts in a life", $"{Draws} draws a step, {states.Count} different states")}

                | | |
                |---|---|
                | `check` after the start, and again after the day's end | green every time |
                | calls that had a number | known and closed, or gone with their day |
                | a call that central had whole | never said to be expired unsent |
                | a copy that was freed or destroyed | not back after the order or the sweep was over |
                | numbers after the cut | above every one that was given, and above what central said |
                """);
        }
        finally
        {
            Directory.Delete(before, recursive: true);
        }
    }

    // Each write by itself is there or not; now and then one is there by half.
    private static List<Step> Drawn(List<Step> pending, Random random) =>
        [.. pending.Where(_ => random.Next(2) == 0).Select(step => step.Act == Act.Write && random.Next(4) == 0 ? CutStore.Half(step, random.Next(2) == 0) : step)];

    private void Try(string before, SortedDictionary<string, byte[]> after, List<Step> steps, DateTimeOffset end, string what)
    {
        var data = Directory.CreateTempSubdirectory("nauha-cut-").FullName;
        try
        {
            CutStore.Materialise(before, after, data);
            _life.Prove(data, steps.Where(s => (int)s.Act < 0).Select(s => s.Path), end, what);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
