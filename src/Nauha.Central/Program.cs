using Nauha.Format;

if (OwnMemory.Guard() is { } refusal)
{
    Console.Error.WriteLine(refusal);
    return 3;
}
return await Nauha.Central.Commands.CentralCommands.RunAsync(args);
