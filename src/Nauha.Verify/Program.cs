using System.CommandLine;
using System.Text.Json;
using Nauha.Verify;

var files = new Argument<string[]>("file") { Description = "Sealed recordings (*.nauha) or folders that hold them.", Arity = ArgumentArity.OneOrMore };
var certificates = new Option<string[]>("--certificates") { Description = "Public signing certificates (PEM) that you believe: files or folders. Those beside the recordings are found by themselves, and said to be no more than that.", AllowMultipleArgumentsPerToken = true };
var authority = new Option<string?>("--root") { Description = "The fleet's root certificate, a PEM file or its SHA-256 in hex, from a place that you believe: then only signers under it count." };
var json = new Option<bool>("--json") { Description = "One JSON object instead of text." };
var root = new RootCommand("Says of sealed recordings, without any key, whether they are whole, by whom they were signed, and when they began.") { files, certificates, authority, json };
root.SetAction(parse =>
{
    var asked = parse.GetValue(files)!;
    try
    {
        var signers = SignerCertificates.Read(parse.GetValue(certificates) ?? [], asked.Where(Directory.Exists), parse.GetValue(authority));
        var findings = asked.SelectMany(Recordings).Select(path => Examined.Look(path, signers)).ToList();
        if (findings.Count == 0)
        {
            Console.Error.WriteLine($"There is no sealed recording in {string.Join(", ", asked)}.");
            return 2;
        }
        var good = findings.All(f => f.Whole);
        if (parse.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(new { good, files = findings }, Examined.Json));
        else foreach (var finding in findings) Console.WriteLine(finding.Sentence);
        return good ? 0 : 1;
    }
    catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or System.Security.Cryptography.CryptographicException)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(e.Message);
        return 3;
    }
});
var parsed = root.Parse(args);
var code = parsed.Invoke();
return parsed.Action is System.CommandLine.Invocation.ParseErrorAction ? 2 : code;   // bad usage

static IEnumerable<string> Recordings(string path) =>
    Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.nauha", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
    : File.Exists(path) ? [path]
    : throw new FileNotFoundException($"{path} is not there.");
