using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status;

/// <summary>
/// What a technician has measured of what a line hangs on, with a known signal on the pair or none at all:
/// <c>lines/N.calibration.json</c> in the data folder. It stands above the configuration's own values, for as long as the
/// line hangs on what was measured.
/// </summary>
public sealed record LineCalibration
{
    public required int Line { get; init; }

    /// <summary>Level on the pair of a full-scale sine as the ear hears it; null: not measured.</summary>
    public double? DbvAtFullScale { get; init; }

    public long? DbvMs { get; init; }

    /// <summary>What was measured: device, channel and mixer.</summary>
    public string? Ear { get; init; }

    /// <summary>What a pair that nobody feeds shows; null: not measured.</summary>
    public double? ZeroVolts { get; init; }

    public long? ZeroMs { get; init; }

    /// <summary>What was measured: the converter's channel.</summary>
    public string? Gauge { get; init; }

    private static string PathOf(string data, int line) => Path.Combine(data, "lines", $"{line.ToString(CultureInfo.InvariantCulture)}.calibration.json");

    /// <returns>Null where nothing was measured, or the file cannot be read: the configuration's values hold.</returns>
    public static LineCalibration? Load(string data, int line) =>
        File.Exists(PathOf(data, line)) && StrictJson.TryRead(File.ReadAllBytes(PathOf(data, line)), Read, out var known, out _) ? known : null;

    public void Save(string data)
    {
        Disk.CreateFolder(Path.Combine(data, "lines"));
        Disk.Replace(PathOf(data, Line), StrictJson.Write(json =>
        {
            json.WriteNumber("v", 1);
            json.WriteNumber("line", Line);
            WriteValues(json);
        }));
    }

    /// <summary>What was measured, and when, as file and status have it.</summary>
    public void WriteValues(System.Text.Json.Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (DbvAtFullScale is { } dbv) json.WriteNumber("dbvAtFullScale", Math.Round(dbv, 2)); else json.WriteNull("dbvAtFullScale");
        if (DbvMs is { } measured) json.WriteNumber("dbvMs", measured); else json.WriteNull("dbvMs");
        json.WriteString("ear", Ear);
        if (ZeroVolts is { } zero) json.WriteNumber("zeroVolts", Math.Round(zero, 2)); else json.WriteNull("zeroVolts");
        if (ZeroMs is { } at) json.WriteNumber("zeroMs", at); else json.WriteNull("zeroMs");
        json.WriteString("gauge", Gauge);
    }

    private static LineCalibration Read(StrictJson.Members m)
    {
        m.Version(1);
        return new()
        {
            Line = m.Small("line", 1, LineId.Highest),
            DbvAtFullScale = m.NumberOrNull("dbvAtFullScale"),
            DbvMs = m.WholeOrNull("dbvMs"),
            Ear = m.TextOrNull("ear"),
            ZeroVolts = m.NumberOrNull("zeroVolts"),
            ZeroMs = m.WholeOrNull("zeroMs"),
            Gauge = m.TextOrNull("gauge"),
        };
    }
}
