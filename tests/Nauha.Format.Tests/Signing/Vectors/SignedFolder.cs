using System.Globalization;
using System.Text;
using Nauha.Format.Tests.Sealing.Vectors;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>tests/vectors/signed: documents, journals, manifest and README.</summary>
internal static class SignedFolder
{
    public static string Path => System.IO.Path.GetFullPath(System.IO.Path.Combine(VectorFolder.Path, "../signed"));

    /// <summary>Every vector, made once.</summary>
    public static List<SignedVector> Vectors { get; } = [.. EnvelopeVectors.All(), .. RecordVectors.All(), .. JournalVectors.All(), .. CentralVectors.All(), .. TrustVectors.All(), .. OrderVectors.All()];

    /// <summary>All of the folder, by name.</summary>
    public static Dictionary<string, byte[]> Make(IReadOnlyList<SignedVector> vectors)
    {
        var files = vectors.ToDictionary(v => v.FileName, v => v.File);
        files["manifest"] = Encoding.UTF8.GetBytes(Manifest(vectors));
        files["README.md"] = Encoding.UTF8.GetBytes(Readme(vectors));
        return files;
    }

    private static string Manifest(IReadOnlyList<SignedVector> vectors)
    {
        var text = new StringBuilder("# What a reader must make of each file, FORMAT.md §3 to §5. Written by the vectors' makers, never by hand.\n");
        text.Append(CultureInfo.InvariantCulture, $"fleet: {Forge.Fleet}\nappliance: {Forge.Appliance}\nday: {Convert.ToHexStringLower(Forge.Day.Export())}\nday: {Convert.ToHexStringLower(Scribe.Hold.Export())}\nsigner: {Forge.Appliance} {Convert.ToHexStringLower(Forge.Signer.Point)}\nsigner: {Forge.OtherAppliance} {Convert.ToHexStringLower(Forge.Stranger.Point)}\ntrust: trust-good.json\n");
        foreach (var vector in vectors)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nfile: {vector.FileName}\nas: {vector.As}\n");
            foreach (var (key, value) in vector.Knows) text.Append(CultureInfo.InvariantCulture, $"{key}: {value}\n");
            text.Append(CultureInfo.InvariantCulture, $"expect: {vector.Expect}\nabout: {vector.About}\n");
            if (vector.At.Length > 0) text.Append(CultureInfo.InvariantCulture, $"at: {vector.At}\n");
            if (vector.As != "records" || vector.Expect.StartsWith("refused", StringComparison.Ordinal)) continue;
            var judged = Judged.Of(vector, vectors);
            text.Append(CultureInfo.InvariantCulture, $"entries: {judged.Entries}\nbytes: {judged.Bytes}\n");
        }
        return text.ToString();
    }

    private static string Readme(IReadOnlyList<SignedVector> vectors) => $"""
        # Vectors of signed documents
        {vectors.Count} files and what a reader of FORMAT.md must make of each: `manifest`, a paragraph a file. `as:` is what it is read as: `record`, `receipt`, `grant`, `daykeys`, `trust`, `order`, `answer`, `time`, `destruction` (an envelope each, `*.json`) or `records` (a day's journal, `*.journal`). `expect:` is one of
        - `opens`: good, and its sealed part opens with a key of the manifest and reads; `taken`: good, and nothing in it is sealed;
        - `whole`, `torn`, `broken`: a journal all of whose entries are good and follow each other: to its end; with a torn end; with whole entries behind what is broken. `entries` and `bytes` are what stands before that;
        - `refused why`: anybody sees it, without a key that opens; `unopened why`: signed as it must be, but who holds the keys refuses it.

        `why` is a word of FORMAT.md §3.1 to §5.7, `at` the member of the payload that is to blame. What else the reader knows stands between: `after` (number and hash of the record before a journal's first), `of` (the file or record that a grant is asked for), `root` (the name on the code sheet), `held` (the trust document held already). At the top: the fleet and appliance that it reads for, the private keys at hand (of a day and of a hold), who signs for which appliance, and the trust document that says who of central may sign.

        The keys are test keys, and no secrets: each is the SHA-256 of "nauha test vector, not a secret: " and its name ("signer", "root", "role receipts", "hold key" …).

        `TheSignedVectors` holds the product and `src/Nauha.Format/reader/nauha_documents.py`, which share no code, to all of it; `ChangedDocuments` compares the two on good documents changed at random and signed anew. By hand:
        ```
        python3 src/Nauha.Format/reader/nauha_documents.py tests/vectors/signed
        ```
        Making them anew changes no byte; a change of the format shows as a change of files:
        ```
        NAUHA_WRITE_VECTORS=1 tests/run.sh --only TheSignedVectors
        ```

        """;
}
