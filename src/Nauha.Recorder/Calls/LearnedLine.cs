using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Calls;

/// <summary>What a port was seen to do, beside what its profile presumes. Nothing personal.</summary>
public sealed record LearnedLine
{
    /// <summary>A codec whose gain control came on, or a loose joint, is heard first in the noise.</summary>
    private const double NoiseStep = 6;

    public required int Line { get; init; }

    public required string Profile { get; init; }

    /// <summary>Calls that it was learned from.</summary>
    public long Calls { get; init; }

    /// <summary>Of these: recorded, the announcement having been proven.</summary>
    public long Proven { get; init; }

    /// <summary>Of these: failed, because it was not heard.</summary>
    public long NotHeard { get; init; }

    /// <summary>0 where the hook is not known by volts.</summary>
    public double OnHookVolts { get; init; }

    public double? OffHookVolts { get; init; }

    /// <summary>dtmf, v23 or bell202.</summary>
    public string? CallerId { get; init; }

    /// <summary>The polarity turns when the far end answers.</summary>
    public bool ReversalOnAnswer { get; init; }

    /// <summary>How it rings, in seconds of ring and rest: 1/4.</summary>
    public string? Ring { get; init; }

    /// <summary>Its dial tone's frequencies in hertz: 425, 350+440.</summary>
    public string? DialTone { get; init; }

    /// <summary>The quietest twentieth of the time at rest, dBV on the pair.</summary>
    public double? NoiseDbv { get; init; }

    /// <summary>When the network opens after an answered call's lift; null: no such call yet.</summary>
    public LearnedOpening? CutThrough { get; init; }

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
        if (known.Ring is { } ring && seen.Ring is { } rings && RingCadence.Differ(ring, rings)) return $"it rings {rings} s instead of {ring} s";
        if (known.DialTone is { } dial && seen.DialTone is { } tone && dial != tone) return $"dial tone of {tone} Hz instead of {dial} Hz";
        if (known.NoiseDbv is { } quiet && seen.NoiseDbv is { } noise && Math.Abs(quiet - noise) > NoiseStep) return $"noise at rest {V(noise)} dBV instead of {V(quiet)} dBV";
        if (known.CutThrough?.Ms is { } opened && seen.CutThrough?.Ms is { } opens && Math.Abs(opened - opens) > 300) return $"the network opens after {V(opens)} ms instead of {V(opened)} ms";
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
        json.WriteNumber("proven", Proven);
        json.WriteNumber("notHeard", NotHeard);
        json.WriteNumber("onHookVolts", Math.Round(OnHookVolts, 1));
        if (OffHookVolts is { } up) json.WriteNumber("offHookVolts", Math.Round(up, 1)); else json.WriteNull("offHookVolts");
        json.WriteString("callerId", CallerId);
        json.WriteBoolean("reversalOnAnswer", ReversalOnAnswer);
        json.WriteString("ring", Ring);
        json.WriteString("dialTone", DialTone);
        if (NoiseDbv is { } noise) json.WriteNumber("noiseDbv", Math.Round(noise, 1)); else json.WriteNull("noiseDbv");
        WriteWhole(json, "cutThroughMs", CutThrough?.Ms);
        WriteWhole(json, "cutThroughNextMs", CutThrough?.NextMs);
        WriteWhole(json, "cutThroughNext", CutThrough?.Next);
        WriteWhole(json, "cutThroughMissed", CutThrough?.Missed);
        if (AnnouncementDbv is { } level) json.WriteNumber("announcementDbv", Math.Round(level, 1)); else json.WriteNull("announcementDbv");
        if (InjectionDbv is { } injection) json.WriteNumber("injectionDbv", Math.Round(injection, 1)); else json.WriteNull("injectionDbv");
        if (CalibratedMs is { } calibrated) json.WriteNumber("calibratedMs", calibrated); else json.WriteNull("calibratedMs");
        if (ChangedMs is { } changed) json.WriteNumber("changedMs", changed); else json.WriteNull("changedMs");
        json.WriteString("changed", Changed);
    });

    private static void WriteWhole(System.Text.Json.Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } known) json.WriteNumber(name, known); else json.WriteNull(name);
    }

    private static LearnedOpening? Opening(long? ms, long? nextMs, long? next, long? missed) =>
        nextMs is { } latest && next is { } calls && missed is { } none ? new((int?)ms, (int)latest, (int)calls, (int)none) : null;

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
            // Files of earlier versions lack these.
            Proven = m.Has("proven") ? m.Whole("proven") : 0,
            NotHeard = m.Has("notHeard") ? m.Whole("notHeard") : 0,
            Ring = m.Has("ring") ? m.TextOrNull("ring") : null,
            DialTone = m.Has("dialTone") ? m.TextOrNull("dialTone") : null,
            NoiseDbv = m.Has("noiseDbv") ? m.NumberOrNull("noiseDbv") : null,
            CutThrough = m.Has("cutThroughMissed") ? Opening(m.WholeOrNull("cutThroughMs"), m.WholeOrNull("cutThroughNextMs"), m.WholeOrNull("cutThroughNext"), m.WholeOrNull("cutThroughMissed")) : null,
            InjectionDbv = m.Has("injectionDbv") ? m.NumberOrNull("injectionDbv") : null,
            CalibratedMs = m.Has("calibratedMs") ? m.WholeOrNull("calibratedMs") : null,
            ChangedMs = m.WholeOrNull("changedMs"),
            Changed = m.TextOrNull("changed"),
        };
    }
}
