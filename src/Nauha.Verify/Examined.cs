using System.Globalization;
using System.Text.Json;
using Nauha.Format;

namespace Nauha.Verify;

/// <summary>What was found of one file.</summary>
/// <param name="Fault">A word of FORMAT.md §2.1; null where it is whole.</param>
internal sealed record Examined(string File, bool Whole, string? Fault, string Finding, string? Closing, string? Appliance, int? Line, ulong? CallNumber, string? CallId, string? StartedUtc, string? Clock, uint Frames, string? Sha256, string? Signer, string? VouchedBy)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [System.Text.Json.Serialization.JsonIgnore]
    public string Sentence => Whole
        ? $"{File}: whole, {Closing}; appliance {Appliance}, line {Line}, call {CallNumber}, begun {StartedUtc} (clock: {Clock}), {Frames} frames, SHA-256 {Sha256}; signed by key {Signer}, {Vouching}"
        : $"{File}: {Finding}{(Appliance is null ? "" : $"; it says it is of appliance {Appliance}, line {Line}, call {CallNumber}")}";

    private string Vouching => VouchedBy switch
    {
        "root" => "which the fleet's root vouches for",
        "given" => "by a certificate that was given",
        _ => "by a certificate that lay beside it: nobody vouches for that (give --root)",
    };

    public static Examined Look(string path, SignerCertificates signers)
    {
        // The reader has a window of its own.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
        var verdict = SealedFile.Verify(file, signers.PointOf);
        var header = verdict.Header;
        return new(path, verdict.IsWhole, verdict.IsWhole ? null : verdict.Fault.Word(), verdict.Fault.Sentence(),
            verdict.Facts?.Closing switch { null => null, Format.Closing.Closed => "closed", Format.Closing.Salvaged => "salvaged", _ => "closed late" },
            header?.Appliance.Text, header?.Line.Number, header?.CallNumber, header?.Call.ToString(),
            header is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(header.Started.UnixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            header?.Started.Source.ToString().ToLowerInvariant(), verdict.Frames,
            verdict.Facts is { } facts ? Convert.ToHexStringLower(facts.Sha256) : null, verdict.Signer?.ToString(), verdict.IsWhole ? signers.VoucherOf(verdict.Signer)?.ToString().ToLowerInvariant() : null);
    }
}
