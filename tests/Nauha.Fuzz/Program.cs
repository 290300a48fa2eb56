using Nauha.Fuzz;
using SharpFuzz;

// Nauha.Fuzz seeds DIR: writes what each target begins with, a folder a target.
// Nauha.Fuzz TARGET FILE…: reads files as the target does; what was found is tried again with it.
// Nauha.Fuzz TARGET, started by afl-fuzz: reads what it is given, again and again.
switch (args)
{
    case ["seeds", var folder]:
        foreach (var each in Targets.All)
        {
            var into = Directory.CreateDirectory(Path.Combine(folder, each.Name)).FullName;
            var count = 0;
            foreach (var seed in each.Seeds()) File.WriteAllBytes(Path.Combine(into, $"{count++:d4}"), seed);
        }
        return 0;
    case ["targets"]:
        foreach (var each in Targets.All) Console.WriteLine(each.Name);
        return 0;
    case [var name, .. { Length: > 0 } files] when Targets.All.FirstOrDefault(t => t.Name == name) is { } target:
        foreach (var file in files) target.Run(File.ReadAllBytes(file));
        return 0;
    case [var name]:
        // Nothing of what is instrumented may be touched before this: its counters are not there yet.
        Fuzzer.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            Targets.All.First(t => t.Name == name).Run(input.ToArray());
        });
        return 0;
    default:
        Console.Error.WriteLine("Which target? `targets` names them.");
        return 2;
}
