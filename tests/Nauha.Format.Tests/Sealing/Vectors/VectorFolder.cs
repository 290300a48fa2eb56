using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Format.Tests.Sealing.Vectors;

/// <summary>tests/vectors/sealed: files, manifest, certificates, README; written by the test run when NAUHA_WRITE_VECTORS is set, compared otherwise.</summary>
internal static class VectorFolder
{
    public static readonly bool Writes = Environment.GetEnvironmentVariable("NAUHA_WRITE_VECTORS") == "1";

    public static string Path
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Appliance.sln"))) folder = folder.Parent;
            return System.IO.Path.Combine(folder!.FullName, "tests/vectors/sealed");
        }
    }

    /// <summary>All of the folder, by name.</summary>
    public static Dictionary<string, byte[]> Make(IReadOnlyList<Vector> vectors)
    {
        var files = vectors.ToDictionary(v => v.FileName, v => v.File);
        files["manifest"] = Encoding.UTF8.GetBytes(Manifest(vectors));
        files["signer.crt.pem"] = Encoding.ASCII.GetBytes(Forge.Signer.CertificatePem(Forge.Appliance.Text));
        files["stranger.crt.pem"] = Encoding.ASCII.GetBytes(Forge.Stranger.CertificatePem(Forge.OtherAppliance.Text));
        files["README.md"] = Encoding.UTF8.GetBytes(Readme(vectors));
        return files;
    }

    private static string Manifest(IReadOnlyList<Vector> vectors)
    {
        var text = new StringBuilder("# What a reader must make of each file, FORMAT.md §2.1. Written by SealedVectors, never by hand.\n");
        text.Append(CultureInfo.InvariantCulture, $"day: {Convert.ToHexStringLower(Forge.Day.Export())}\nsigner: {Forge.Appliance} {Convert.ToHexStringLower(Forge.Signer.Point)}\nsigner: {Forge.OtherAppliance} {Convert.ToHexStringLower(Forge.Stranger.Point)}\n");
        foreach (var vector in vectors)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nfile: {vector.FileName}\nexpect: {vector.Expect}\nabout: {vector.About}\n");
            if (vector.Expect != "opens") continue;
            var read = Reading.Of(vector.File);
            text.Append(CultureInfo.InvariantCulture, $"closing: {read.Closing}\nframes: {read.Frames}\nsamples: {read.Samples}\naudio: {read.Audio}\nevents: {read.Events}\n");
        }
        foreach (var (hex, about) in SealedVectors.NoKeys()) text.Append(CultureInfo.InvariantCulture, $"\nkey: {hex}\nexpect: refused\nabout: {about}\n");
        return text.ToString();
    }

    private static string Readme(IReadOnlyList<Vector> vectors) => $"""
        # Vectors of the sealed recording
        {vectors.Count} files (`*.nauha`) and what a reader of FORMAT.md must make of each: `manifest`, a paragraph a file. `expect:` is one of
        - `opens`: whole, signed by who it says, opens with the day's key; then `closing`, `frames`, `samples` (of all data frames), `audio` (SHA-256 of all packets joined) and `events` (data and final frames) stand below;
        - `refused why`: anybody sees it, without any key;
        - `unopened why`: whole and signed, but who holds the day's key refuses it.

        `why` is a word of FORMAT.md §2.1. A paragraph that begins with `key:` holds a public key to which nothing may be sealed.

        The keys are test keys, and no secrets: each is the SHA-256 of "nauha test vector, not a secret: " and its name.

        | | |
        |---|---|
        | day key (X25519, private) | `{Convert.ToHexStringLower(Forge.Day.Export())}` |
        | its kid | `{Forge.Day.Id}` |
        | signer (P-256, private) | `{Convert.ToHexStringLower(Forge.Secret("signer"))}` |
        | its appliance | `{Forge.Appliance}` |
        | stranger (P-256, private) | `{Convert.ToHexStringLower(Forge.Secret("stranger"))}` |
        | its appliance | `{Forge.OtherAppliance}` |
        | data key of `closed.nauha` | `{Convert.ToHexStringLower(new Forge().Dek)}` |
        | ephemeral key of `closed.nauha` | `{Convert.ToHexStringLower(Forge.Secret("call 1 ephemeral key"))}` |

        Three readers that share no code but NSec are held to all of it by `TheVectors`: the product's, `nauha-verify`, and `src/Nauha.Format/reader/nauha_read.py`. By hand:
        ```
        nauha-verify tests/vectors/sealed
        python3 src/Nauha.Format/reader/nauha_read.py vectors tests/vectors/sealed
        ```
        Making them anew changes no byte (signatures by RFC 6979); a change of the format shows as a change of files:
        ```
        NAUHA_WRITE_VECTORS=1 tests/run.sh --only TheVectors
        ```

        """;
}

/// <summary>What the product makes of one file.</summary>
/// <param name="Verdict">As an <c>expect:</c> line.</param>
internal sealed record Reading(string Verdict, int Closing, uint Frames, long Samples, string Audio, int Events)
{
    public static Reading Of(byte[] file)
    {
        var verdict = SealedFile.Verify(new MemoryStream(file), (kid, appliance) =>
            kid == Forge.Signer.Id && appliance == Forge.Appliance ? Forge.Signer.Point : kid == Forge.Stranger.Id && appliance == Forge.OtherAppliance ? Forge.Stranger.Point : null);
        if (!verdict.IsWhole) return new($"refused {verdict.Fault.Word()}", 0, 0, 0, "", 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (samples, events) = (0L, 0);
        SealedFile.ReadHead(new MemoryStream(file), out var header, out var info, out var wrap);
        var fault = header!.DayKid == Forge.Day.Id && Hpke.Open(Forge.Day, info, wrap) is { } dek ? SealedFile.Open(new MemoryStream(file), dek, frame =>
        {
            hash.AppendData(frame.Audio);
            samples += frame.Samples;
            events += frame.Events.Count;
        }, final => events += final.Count).Fault : FileFault.WrongKey;
        return fault == FileFault.None
            ? new("opens", (int)verdict.Facts!.Closing, verdict.Frames, samples, Convert.ToHexStringLower(hash.GetCurrentHash()), events)
            : new($"unopened {fault.Word()}", 0, 0, 0, "", 0);
    }
}
