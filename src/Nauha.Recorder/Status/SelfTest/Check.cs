using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status.SelfTest;

/// <summary>How one check ended.</summary>
public enum Verdict
{
    Pass,
    Fail,

    /// <summary>It works; something about it should be set otherwise.</summary>
    Notice,

    /// <summary>This box has nothing of the kind.</summary>
    NotFitted,

    /// <summary>It could not be found out: somebody has to do something first.</summary>
    Untested,
}

/// <summary>One thing that was looked at, with what was measured. Words and what to do stand in the program's words, by the finding.</summary>
/// <param name="Key">What was looked at: volts, hook, loop …</param>
/// <param name="Finding">What was found, as a key of the words.</param>
/// <param name="Measured">Name with unit, and value; null where nothing was measured. Nothing personal.</param>
/// <param name="Line">Of which line; null: of the box.</param>
public sealed record Check(string Key, Verdict Verdict, string Finding, IReadOnlyList<(string Name, object? Value)> Measured, int? Line = null);

/// <summary>What the last self-test found, for LED 1: <c>selftest.json</c> in the data folder.</summary>
public static class SelfTestMark
{
    private static string PathOf(string data) => Path.Combine(data, "selftest.json");

    /// <summary>False also where none was run yet, or the file cannot be read.</summary>
    public static bool Failed(string data)
    {
        try
        {
            return File.Exists(PathOf(data)) && StrictJson.TryRead(File.ReadAllBytes(PathOf(data)), m =>
            {
                m.Version(1);
                m.Whole("atMs");
                return m.Flag("failed");
            }, out var failed, out _) && failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static void Write(string data, long atMs, bool failed) => Disk.Replace(PathOf(data), StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("atMs", atMs);
        json.WriteBoolean("failed", failed);
    }));
}
