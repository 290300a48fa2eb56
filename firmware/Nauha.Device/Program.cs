using System.CommandLine;
using System.CommandLine.Invocation;
using Nauha.Device.Commands;
using Nauha.Format;

if (OwnMemory.Guard() is { } refusal)
{
    Console.Error.WriteLine(refusal);
    return 3;
}
var root = new RootCommand("Nauha recorder: tells callers, records telephone lines, seals what it records, hands it to central.") { Shared.Data, Shared.Config, Shared.Set, Shared.Json };
root.Add(RunCommand.Create());
root.Add(StatusCommand.Create());
root.Add(LineCommand.Create());
root.Add(LedsCommand.Create());
root.Add(SelfTestCommand.Create());
root.Add(AnalyzeCommand.Create());
root.Add(VaultCommands.Check());
root.Add(VaultCommands.Reindex());
root.Add(VaultCommands.SalvageCalls());
root.Add(VaultCommands.List());
root.Add(EnrolCommand.Create());
var parsed = root.Parse(args);
var code = await parsed.InvokeAsync();
return parsed.Action is ParseErrorAction ? 2 : code;   // bad usage
