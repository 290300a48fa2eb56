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
root.Add(DevicesCommand.Create());
root.Add(LevelCommand.Create());
root.Add(ListenTestCommand.Create());
root.Add(LedsCommand.Create());
root.Add(SelfTestCommand.Create());
root.Add(AnalyzeCommand.Create());
root.Add(VaultCommands.Check());
root.Add(VaultCommands.Reindex());
root.Add(VaultCommands.SalvageCalls());
root.Add(VaultCommands.List());
root.Add(EnrolCommand.Create());
var parsed = root.Parse(args);
// A stop closes the calls in progress and writes their ends: it may take a little longer than the two seconds that the library would give it.
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
return parsed.Action is ParseErrorAction ? 2 : code;   // bad usage
