using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Vault;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder check, salvage, reindex and vault list: what lies on this box, as far as it can tell without listening.</summary>
internal static class VaultCommands
{
    public static Command List() => new("vault", "The sealed recordings on this box.") { ListCalls() };

    public static Command Check()
    {
        var repair = new Option<bool>("--repair-index") { Description = "Make the index of calls anew where it does not agree with the vault. The recorder must not run." };
        var command = new Command("check", "Compare journals, numbers, receipts, sealed files and the index of calls; exit 1 where something is wrong.") { repair };
        command.SetAction((parse, _) => Shared.Guarded(async () =>
        {
            var (data, json, repairs) = (Shared.DataOf(parse), parse.GetValue(Shared.Json), parse.GetValue(repair));
            using var identity = BoxIdentity.Load(data);
            if (repairs) DataLock.Take(data).Dispose();   // that it cannot be done is said now, not after minutes
            using var vault = Bars.Show(json, "reading the journals", progress => CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true, progress));
            var findings = Bars.Show(json, "records and recordings", progress => VaultCheck.Run(vault, progress)).ToList();
            // While a recorder runs it writes the index: what lies there then says nothing. Held for this alone: a recorder may want to start.
            using var one = repairs ? DataLock.Take(data) : DataLock.TryTake(data);
            var index = one is null ? [] : CallLedger.Differences(data, vault);
            var repaired = false;
            if (index.Count > 0 && repairs)
            {
                using (var ledger = CallLedger.Open(data, vault, NullLogger.Instance)) await Bars.ShowAsync(json, "the index", progress => ledger.ReindexAsync(progress));
                (repaired, index) = (true, CallLedger.Differences(data, vault));   // what the index alone knows is no fault of the index
            }
            findings.AddRange(index);
            var (calls, records) = vault.Read(i => (i.Calls.Count, i.Records.Count));
            if (json) Console.WriteLine(JsonSerializer.Serialize(new { good = findings.Count == 0, calls, records, index = one is null ? "in use" : repaired ? "repaired" : index.Count == 0 ? "good" : "differs", findings }));
            else
            {
                foreach (var finding in findings) Console.WriteLine(finding);
                if (repaired) Console.WriteLine("The index of calls was made anew.");
                if (one is null) Console.WriteLine("The recorder runs: the index of calls was not looked at.");
                Console.WriteLine(findings.Count == 0 ? $"All is well: {calls} calls, {records} records." : $"{findings.Count} findings.");
            }
            return findings.Count == 0 ? 0 : 1;
        }));
        return command;
    }

    public static Command SalvageCalls()
    {
        var command = new Command("salvage", "Close what a power cut left open; exit 1 where audio was lost or damaged. The recorder does this itself at each start.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var (data, json) = (Shared.DataOf(parse), parse.GetValue(Shared.Json));
            using var one = DataLock.Take(data);
            using var identity = BoxIdentity.Load(data);
            List<CallId> open;
            IReadOnlyCollection<string> unreadable;
            using (var before = Bars.Show(json, "reading the journals", progress => CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true, progress)))
                (unreadable, open) = (before.UnreadableJournals, before.Read(i => i.Calls.Where(c => !c.IsClosed).OrderBy(c => c.Start.Seq).Select(c => c.Call).ToList()));
            using var vault = Bars.Show(json, "closing what is open", progress => CallVault.Open(data, identity, !DataLock.IsProduction(data), TimeProvider.System, NullLogger.Instance, progress: progress));
            var calls = vault.Read(i => open.ConvertAll(call => i.Find(call)!)).ConvertAll(c => (c.Line, c.CallNumber, Outcome: !c.IsClosed ? "open" : c.Recording is not null ? "salvaged" : vault.DamagedFileOf(c) is not null ? "damaged" : "lost"));
            var (salvaged, lost, damaged, stillOpen) = (Count("salvaged"), Count("lost"), Count("damaged"), Count("open"));
            if (json) Console.WriteLine(JsonSerializer.Serialize(new { closed = calls.Count - stillOpen, open = stillOpen, salvaged, lost, damaged, calls = calls.Select(c => new { line = c.Line.Number, callNumber = c.CallNumber, outcome = c.Outcome }) }));
            else
            {
                Console.WriteLine(calls.Count == stillOpen ? stillOpen == 0 ? "No call was open." : "No call could be closed." : $"{calls.Count - stillOpen} {(calls.Count - stillOpen == 1 ? "call was open and is" : "calls were open and are")} closed now: {salvaged} with what was on the card, {lost} without any audio, {damaged} whose file is damaged and was set aside.");
                foreach (var call in calls.Where(c => c.Outcome != "salvaged")) Console.WriteLine($"line {call.Line.Number} no. {call.CallNumber}: {call.Outcome switch { "lost" => "no audio was on the card", "open" => "it could not be closed, and stays as it is: is the storage full or failing?", _ => "its file is damaged, and kept with .damaged behind its name: keep an image of the card" }}");
            }
            return Task.FromResult(stillOpen > 0 ? 3 : SaysUnreadable(unreadable) || lost + damaged > 0 ? 1 : 0);

            int Count(string outcome) => calls.Count(c => c.Outcome == outcome);
        }));
        return command;
    }

    public static Command Reindex()
    {
        var command = new Command("reindex", "Make the index of calls anew from the vault. The recorder must not run.");
        command.SetAction((parse, _) => Shared.Guarded(async () =>
        {
            var data = Shared.DataOf(parse);
            using var one = DataLock.Take(data);
            using var identity = BoxIdentity.Load(data);
            var json = parse.GetValue(Shared.Json);
            using var vault = Bars.Show(json, "reading the journals", progress => CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true, progress));
            using var ledger = CallLedger.Open(data, vault, NullLogger.Instance);
            var calls = await Bars.ShowAsync(json, "the index", progress => ledger.ReindexAsync(progress));
            Console.WriteLine(json ? JsonSerializer.Serialize(new { calls }) : $"{calls} calls are in the index.");
            return SaysUnreadable(vault.UnreadableJournals) ? 1 : 0;
        }));
        return command;
    }

    private static Command ListCalls()
    {
        var command = new Command("list", "Calls by number: how they ended, size, receipt. No telephone numbers: this box cannot open them.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var (data, json) = (Shared.DataOf(parse), parse.GetValue(Shared.Json));
            using var identity = BoxIdentity.Load(data);
            using var vault = Bars.Show(json, "reading the journals", progress => CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true, progress));
            var rows = vault.Read(i => i.Calls.OrderBy(c => c.Start.Seq).Select(c => new
            {
                line = c.Line.Number,
                callNumber = c.CallNumber,
                callId = c.Call.ToString(),
                startedUtc = DateTimeOffset.FromUnixTimeMilliseconds(c.Started.UnixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
                outcome = c.Ending?.What.Word() ?? "open",
                reason = c.Ending?.Code?.Word(),
                bytes = c.Recording?.Bytes ?? 0,
                receipt = c.Result?.ToString().ToLowerInvariant(),
                here = vault.FileOf(c) is not null,
            }).ToList());
            if (json) Console.WriteLine(JsonSerializer.Serialize(new { calls = rows }));
            else foreach (var r in rows) Console.WriteLine($"line {r.line} no. {r.callNumber,-5} {r.startedUtc}  {r.outcome,-9} {r.reason,-16} {r.bytes,9} bytes  {r.receipt ?? (r.bytes > 0 || r.here ? "no receipt" : "no recording"),-12} {(r.here ? "on this box" : "")}");
            return Task.FromResult(SaysUnreadable(vault.UnreadableJournals) ? 1 : 0);
        }));
        return command;
    }

    // What cannot be read is missing in whatever was made of it.
    private static bool SaysUnreadable(IReadOnlyCollection<string> journals)
    {
        foreach (var journal in journals) Console.Error.WriteLine($"{journal} cannot be read to its end: calls are missing here. Is the storage failing? Keep an image of the card; nauha-recorder check says more.");
        return journals.Count > 0;
    }
}
