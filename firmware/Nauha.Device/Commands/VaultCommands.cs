using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder check, salvage and vault list: what lies on this box, as far as it can tell without listening.</summary>
internal static class VaultCommands
{
    public static Command List() => new("vault", "The sealed recordings on this box.") { ListCalls() };

    public static Command Check()
    {
        var command = new Command("check", "Compare journals, receipts and sealed files; exit 1 where something is wrong.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var data = Shared.DataOf(parse);
            using var identity = BoxIdentity.Load(data);
            using var vault = CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
            var findings = VaultCheck.Run(vault);
            if (parse.GetValue(Shared.Json)) Console.WriteLine(JsonSerializer.Serialize(new { good = findings.Count == 0, calls = vault.Read(i => i.Calls.Count), findings }));
            else
            {
                foreach (var finding in findings) Console.WriteLine(finding);
                Console.WriteLine(findings.Count == 0 ? $"All is well: {vault.Read(i => i.Calls.Count)} calls, {vault.Read(i => i.Records.Count)} records." : $"{findings.Count} findings.");
            }
            return Task.FromResult(findings.Count == 0 ? 0 : 1);
        }));
        return command;
    }

    public static Command SalvageCalls()
    {
        var command = new Command("salvage", "Close what a power cut left open. The recorder does this itself at each start.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var data = Shared.DataOf(parse);
            using var one = DataLock.Take(data);
            using var identity = BoxIdentity.Load(data);
            using var before = CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
            var open = before.Read(i => i.Calls.Count(c => !c.IsClosed));
            using var vault = CallVault.Open(data, identity, !DataLock.IsProduction(data), TimeProvider.System, NullLogger.Instance);
            Console.WriteLine(parse.GetValue(Shared.Json) ? JsonSerializer.Serialize(new { closed = open }) : $"{open} calls were open and are closed now.");
            return Task.FromResult(0);
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
            using var vault = CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
            using var ledger = Nauha.Recorder.Ledger.CallLedger.Open(data, vault, NullLogger.Instance);
            var calls = await ledger.ReindexAsync();
            Console.WriteLine(parse.GetValue(Shared.Json) ? JsonSerializer.Serialize(new { calls }) : $"{calls} calls are in the index.");
            return 0;
        }));
        return command;
    }

    private static Command ListCalls()
    {
        var command = new Command("list", "Calls by number: how they ended, size, receipt. No telephone numbers: this box cannot open them.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var data = Shared.DataOf(parse);
            using var identity = BoxIdentity.Load(data);
            using var vault = CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
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
            if (parse.GetValue(Shared.Json)) Console.WriteLine(JsonSerializer.Serialize(new { calls = rows }));
            else foreach (var r in rows) Console.WriteLine($"line {r.line} no. {r.callNumber,-5} {r.startedUtc}  {r.outcome,-9} {r.reason,-16} {r.bytes,9} bytes  {(r.receipt is null ? "no receipt" : r.receipt),-10} {(r.here ? "on this box" : "")}");
            return Task.FromResult(0);
        }));
        return command;
    }
}
