using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Calls;

/// <summary>What a port was seen to do, beside what its profile presumes. Nothing personal.</summary>
public sealed record LearnedLine
{
    public required int Line { get; init; }

    public required string Profile { get; init; }

    /// <summary>Calls that it was learned from.</summary>
    public long Calls { get; init; }

    /// <summary>0 where the hook is not known by volts.</summary>
    public double OnHookVolts { get; init; }

    public double? OffHookVolts { get; init; }

    /// <summary>dtmf, v23 or bell202.</summary>
    public string? CallerId { get; init; }

    /// <summary>The polarity turns when the far end answers.</summary>
    public bool ReversalOnAnswer { get; init; }

    /// <summary>The announcement's level on the pair, as last proven.</summary>
    public double? AnnouncementDbv { get; init; }

    /// <summary>Level on the pair of a full-scale sine that the box plays, as a technician's listening test measured it; null: not calibrated.</summary>
    public double? InjectionDbv { get; init; }

    public long? CalibratedMs { get; init; }

    public long? ChangedMs { get; init; }

    /// <summary>What the port does differently since then; null: nothing ever changed.</summary>
    public string? Changed { get; init; }

    /// <summary>What differs between what was known and what is seen now, in words; null: nothing that matters.</summary>
    public static string? Difference(LearnedLine known, LearnedLine seen)
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(seen);
        string V(double? value) => value is { } known ? known.ToString("F0", CultureInfo.InvariantCulture) : "?";
        if (known.Calls == 0) return null;
        if (known.OnHookVolts > 0 && seen.OnHookVolts > 0 && Math.Abs(known.OnHookVolts - seen.OnHookVolts) > Math.Max(4, known.OnHookVolts * 0.15)) return $"on-hook {V(seen.OnHookVolts)} V instead of {V(known.OnHookVolts)} V";
        if (known.OffHookVolts is { } up && seen.OffHookVolts is { } now && Math.Abs(up - now) > 4) return $"off-hook {V(now)} V instead of {V(up)} V";
        if (known.CallerId is { } form && seen.CallerId is { } other && form != other) return $"caller ID by {other} instead of {form}";
        if (known.AnnouncementDbv is { } level && seen.AnnouncementDbv is { } heard && Math.Abs(level - heard) > 1.5) return $"the announcement at {V(heard)} dBV instead of {V(level)} dBV";
        return null;
    }

    public static string FolderOf(string data) => Path.Combine(data, "lines");

    private static string PathOf(string data, int line) => Path.Combine(FolderOf(data), $"{line.ToString(CultureInfo.InvariantCulture)}.json");

    /// <returns>Null where nothing was learned, or the file cannot be read: it is learned anew.</returns>
    public static LearnedLine? Load(string data, int line) =>
        File.Exists(PathOf(data, line)) && StrictJson.TryRead(File.ReadAllBytes(PathOf(data, line)), Read, out var learned, out _) ? learned : null;

    public void Save(string data)
    {
        Disk.CreateFolder(FolderOf(data));
        Disk.Replace(PathOf(data, Line), ToJson());
    }

    public byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("line", Line);
        json.WriteString("profile", Profile);
        json.WriteNumber("calls", Calls);
        json.WriteNumber("onHookVolts", Math.Round(OnHookVolts, 1));
        if (OffHookVolts is { } up) json.WriteNumber("offHookVolts", Math.Round(up, 1)); else json.WriteNull("offHookVolts");
        json.WriteString("callerId", CallerId);
        json.WriteBoolean("reversalOnAnswer", ReversalOnAnswer);
        if (AnnouncementDbv is { } level) json.WriteNumber("announcementDbv", Math.Round(level, 1)); else json.WriteNull("announcementDbv");
        if (InjectionDbv is { } injection) json.WriteNumber("injectionDbv", Math.Round(injection, 1)); else json.WriteNull("injectionDbv");
        if (CalibratedMs is { } calibrated) json.WriteNumber("calibratedMs", calibrated); else json.WriteNull("calibratedMs");
        if (ChangedMs is { } changed) json.WriteNumber("changedMs", changed); else json.WriteNull("changedMs");
        json.WriteString("changed", Changed);
    });

    private static LearnedLine Read(StrictJson.Members m)
    {
        m.Version(1);
        return new()
        {
            Line = m.Small("line", 1, LineId.Highest),
            Profile = m.Text("profile"),
            Calls = m.Whole("calls"),
            OnHookVolts = m.Number("onHookVolts"),
            OffHookVolts = m.NumberOrNull("offHookVolts"),
            CallerId = m.TextOrNull("callerId"),
            ReversalOnAnswer = m.Flag("reversalOnAnswer"),
            AnnouncementDbv = m.NumberOrNull("announcementDbv"),
            // Files from before there was a listening test lack these two.
            InjectionDbv = m.Has("injectionDbv") ? m.NumberOrNull("injectionDbv") : null,
            CalibratedMs = m.Has("calibratedMs") ? m.WholeOrNull("calibratedMs") : null,
            ChangedMs = m.WholeOrNull("changedMs"),
            Changed = m.TextOrNull("changed"),
        };
    }
}
