using System.CommandLine;
using Nauha.Audio;
using Nauha.Demo;

var file = new Argument<string?>("file") { Description = "Sound of the call on line 1: any PCM WAV.", Arity = ArgumentArity.ZeroOrOne };
var call = new Option<string?>("--call") { Description = "The same, by name." };
var headless = new Option<bool>("--headless") { Description = "No panel: run the calls, write the results to --out and stop." };
var output = new Option<string?>("--out") { Description = "Folder for summary.json, recordings and certificates; empty or absent." };
var keep = new Option<string?>("--keep") { Description = "Folder in which the stopped programs' data stays." };
var speed = new Option<double>("--speed") { Description = "Speed of the simulated line's time.", DefaultValueFactory = _ => 1 };
var recorder = new Option<string>("--recorder") { Description = "The program nauha-recorder.", Required = true };
var central = new Option<string>("--central") { Description = "The program nauha-central.", Required = true };
var root = new RootCommand("Shows Nauha at work: a simulated exchange calls, the box records, central receives.") { file, call, headless, output, keep, speed, recorder, central };
root.SetAction(async (parse, cancel) =>
{
    var options = new DemoOptions(parse.GetValue(headless), parse.GetValue(call) ?? parse.GetValue(file), parse.GetValue(output), parse.GetValue(keep), parse.GetValue(speed), parse.GetValue(recorder)!, parse.GetValue(central)!);
    try
    {
        if (options.Speed is not (> 0 and <= 100)) throw new DemoException("--speed is above 0 and at most 100.", 2);
        if (options.Headless && options.Out is null) throw new DemoException("--headless needs --out DIR.", 2);
        if (options.Out is { } folder && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new DemoException($"{folder} is not empty; give an empty or absent folder.", 2);
        if (options.Call is { } sound) Readable(sound);
        return await new DemoRun(options).RunAsync(cancel);
    }
    catch (WavFormatException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 2;
    }
    catch (DemoException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return e.ExitCode;
    }
});
return await root.Parse(args).InvokeAsync();

static void Readable(string sound)
{
    try
    {
        WavFile.Read(sound);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new WavFormatException($"{sound} cannot be read: {e.Message}");
    }
}
