using System.Globalization;
using System.Text;
using Nauha.Format;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>Every step that a call takes on the disk fails once, in every way; and from one step on, all of them.</summary>
public sealed class FaultsOnFlash
{
    private static IEnumerable<Fault> Ways(Act act) => act switch
    {
        Act.Write => [Fault.NoSpace, Fault.IoError, Fault.ReadOnly, Fault.ShortWrite],
        Act.Sync => [Fault.NoSpace, Fault.IoError, Fault.ReadOnly, Fault.LateError],
        // What a close reports comes after the sync that counts: .NET does not pass it on, whatever it is.
        Act.Close => [Fault.LateError],
        _ => [Fault.NoSpace, Fault.IoError, Fault.ReadOnly],
    };

    [Fact]
    public async Task Each_step_that_fails_once_leaves_a_recorded_call_or_a_numbered_failure_with_an_alarm()
    {
        var steps = await StepsAsync();
        var table = new StringBuilder("A call of four frames, each step of which fails once. \"Kept\" is audio of the call that can be sent; the call before it is untouched and the call after it recorded every time, `check` is green after a restart, and no frame ever had two ciphertexts, those included whose write failed. Where the journal takes nothing at all, a call gets no number: that is the alarm, and the next call is numbered without a gap.\n\n| step | ENOSPC | EIO | EROFS | short write | late error |\n|---|---|---|---|---|---|\n");
        for (var n = 0; n < steps.Count; n++)
        {
            var cells = new Dictionary<Fault, string>();
            foreach (var fault in Ways(steps[n].Act)) cells[fault] = await TryAsync(n, fault, failsOn: false, steps[n]);
            table.Append(CultureInfo.InvariantCulture, $"| {n + 1}. {Name(steps[n])} | {string.Join(" | ", Enum.GetValues<Fault>().Select(f => cells.GetValueOrDefault(f, "")))} |\n");
        }
        table.Append("\nThe same with a disk that fails from that step on until the call is over, and then works again:\n\n| from step | ENOSPC | EIO | EROFS |\n|---|---|---|---|\n");
        for (var n = 0; n < steps.Count; n++)
        {
            var cells = new List<string>();
            foreach (var fault in new[] { Fault.NoSpace, Fault.IoError, Fault.ReadOnly }) cells.Add(await TryAsync(n, fault, failsOn: true, steps[n]));
            table.Append(CultureInfo.InvariantCulture, $"| {n + 1}. {Name(steps[n])} | {string.Join(" | ", cells)} |\n");
        }
        FaultTable.Write("Faults", table.ToString());
    }

    private static async Task<List<Step>> StepsAsync()
    {
        using var trial = new Trial();
        var disk = new TrialDisk();
        using var vault = trial.Open(disk);
        await trial.RecordAsync(vault, disk);
        return [.. disk.Steps.Where(s => (int)s.Act >= 0)];
    }

    private static async Task<string> TryAsync(int n, Fault fault, bool failsOn, Step expected)
    {
        var what = $"step {n + 1} {expected.Act}, {fault}{(failsOn ? " and on" : "")}";
        using var trial = new Trial();
        var disk = new TrialDisk { FailAt = n, Fault = fault, FailsOn = failsOn };
        CallTicket? struck, after;
        using (var vault = trial.Open(disk))
        {
            struck = await trial.RecordAsync(vault, disk);
            (disk.Failed?.Act).ShouldBe(expected.Act, what);
            disk.FailAt = -1;
            after = await trial.RecordAsync(vault, disk);
        }
        Trial.SecondCiphertexts(disk.Steps).ShouldBeEmpty(what);
        trial.EarlierIsUntouched.ShouldBeTrue(what);
        var alarms = trial.Log.Errors;
        using var again = trial.Open();
        VaultCheck.Run(again).ShouldBeEmpty(what);
        var calls = again.Read(i => i.Calls.OrderBy(c => c.CallNumber).ToList());
        calls.Select(c => c.CallNumber).ShouldBe(Enumerable.Range(1, calls.Count).Select(i => (ulong)i), what);
        var second = calls.Single(c => c.Call == after!.Call);
        (second.Ending, second.Recording?.Closing).ShouldBe((Ending.Recorded, Closing.Closed), what);
        if (struck is null)
        {
            alarms.ShouldNotBeEmpty(what);
            return "no number, alarm";
        }
        var call = calls.Single(c => c.Call == struck.Call);
        var kept = call.Recording is { } file ? file.Frames - (file.Closing == Closing.Salvaged ? 0 : 1) : 0;
        if (call.Ending == Ending.Recorded && call.Recording!.Closing == Closing.Closed)
        {
            kept.ShouldBe((uint)Trial.Frames, what);
            return "recorded";
        }
        // Not recorded as it should be: somebody was told.
        alarms.ShouldNotBeEmpty(what);
        var ending = call.Ending!.Value;
        ending.What.ShouldBeOneOf([EndingKind.Failed, EndingKind.Recorded], what);
        return $"{ending.What.Word()}{(ending.Code is { } code ? $" ({code.Word()})" : ", salvaged")}, alarm, {kept} of {Trial.Frames} kept";
    }

    private static string Name(Step step) => step.Act switch
    {
        Act.CreateFolder => "create the day's folder",
        Act.SyncFolder => "sync the folder",
        Act.SetLength => $"cut {What(step)} to its length",
        Act.Write when step.Bytes!.Length == FlashFile.Ahead => "reserve space with zeros",
        _ => $"{step.Act.ToString().ToLowerInvariant()} {What(step)}",
    };

    private static string What(Step step) => step.Path.EndsWith(".nauha", StringComparison.Ordinal) ? "the sealed file" : "the journal";

    [Fact]
    public async Task One_byte_of_a_frame_that_was_sealed_otherwise_before_is_found()
    {
        using var trial = new Trial();
        var disk = new TrialDisk();
        using (var vault = trial.Open(disk)) await trial.RecordAsync(vault, disk);
        Trial.SecondCiphertexts(disk.Steps).ShouldBeEmpty();
        foreach (var act in new[] { Act.Write, Act.Attempt })
        {
            var steps = disk.Steps.ToList();
            var frame = steps.FindLastIndex(s => s is { Act: Act.Write, At: > 0, Bytes.Length: > 600 } && s.Path.EndsWith(".nauha", StringComparison.Ordinal));
            var other = steps[frame].Bytes!.ToArray();
            other[300] ^= (byte)(other[300] == 1 ? 2 : 1);      // neither is zero: reserved space counts for nothing
            steps.Insert(frame + 1, steps[frame] with { Act = act, Bytes = other });
            Trial.SecondCiphertexts(steps).ShouldHaveSingleItem(act.ToString());
        }
    }

    [Fact]
    public async Task Two_lines_at_once_on_a_disk_of_which_one_step_fails_lose_neither_call_nor_number()
    {
        var steps = (await StepsAsync()).Count * 2;
        for (var n = 0; n < steps; n++)
        {
            var what = $"step {n + 1}";
            using var trial = new Trial();
            var disk = new TrialDisk { FailAt = n, Fault = n % 2 == 0 ? Fault.IoError : Fault.ShortWrite };
            using (var vault = trial.Open(disk))
            {
                var tickets = await Task.WhenAll(trial.RecordAsync(vault, disk, 1), trial.RecordAsync(vault, disk, 2));
                tickets.ShouldAllBe(ticket => ticket != null, what);
            }
            Trial.SecondCiphertexts(disk.Steps).ShouldBeEmpty(what);
            trial.EarlierIsUntouched.ShouldBeTrue(what);
            using var again = trial.Open();
            VaultCheck.Run(again).ShouldBeEmpty(what);
            again.Read(i => i.Calls.Select(c => (c.Line.Number, c.CallNumber, c.Ending)).OrderBy(c => c.Number).ThenBy(c => c.CallNumber).ToList()).ShouldBe([(1, 1ul, Ending.Recorded), (1, 2, Ending.Recorded), (2, 1, Ending.Recorded)], what);
        }
    }

    [Theory]
    [InlineData(Fault.NoSpace)]
    [InlineData(Fault.IoError)]
    [InlineData(Fault.ReadOnly)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.LateError)]
    internal void A_small_file_is_replaced_whole_or_not_at_all(Fault fault)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-replace-").FullName;
        var path = Path.Combine(folder, "state.json");
        var counting = new TrialDisk();
        Disk.Replace(counting, path, "old"u8);
        for (var n = 0; n < counting.Count; n++)
        {
            File.WriteAllText(path, "old");
            var disk = new TrialDisk { FailAt = n, Fault = fault };
            if (counting.Steps[n].Act == Act.Close) continue;
            Should.Throw<IOException>(() => Disk.Replace(disk, path, "new"u8));
            File.ReadAllText(path).ShouldBe(n < counting.Steps.FindIndex(s => s.Act == Act.Rename) + 1 ? "old" : "new", $"{fault} at {counting.Steps[n]}");
            Disk.Replace(Flash.Real, path, "newer"u8);
            File.ReadAllText(path).ShouldBe("newer");
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_start_whose_own_steps_fail_is_made_good_by_the_next()
    {
        var steps = 0;
        for (var n = 0; n <= steps; n++)
        {
            using var trial = new Trial();
            using (var vault = trial.Open())
            {
                var ticket = vault.Start(new(1), Direction.Incoming);
                using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 });
                recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
            }
            var disk = new TrialDisk { FailAt = n - 1, Fault = Fault.LateError };
            if (n == 0)
            {
                using (trial.Open(disk)) steps = disk.Count;
                continue;
            }
            try
            {
                trial.Open(disk).Dispose();
            }
            catch (VaultException)
            {
                // what did not succeed twice stops the start; the next one finds the same work
            }
            using var again = trial.Open();
            VaultCheck.Run(again).ShouldBeEmpty($"step {n}");
            var call = again.Read(i => i.Calls.Single(c => c.CallNumber == 2));
            (call.Ending, call.Recording?.Frames, call.Recording?.Closing).ShouldBe((Ending.Recorded, 1u, Closing.Salvaged), $"step {n}");
            trial.EarlierIsUntouched.ShouldBeTrue();
        }
    }
}
