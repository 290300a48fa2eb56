namespace Nauha.Central;

/// <summary>A grant as it was signed: a data key or a record's sealed part, sealed once more to another day or to a hold.</summary>
public sealed class GrantRow
{
    public int Id { get; set; }

    public required string Call { get; set; }

    /// <summary>Null for the data key.</summary>
    public long? Seq { get; set; }

    public required string ToKid { get; set; }

    public string? Hold { get; set; }

    public required byte[] Envelope { get; set; }
}

/// <summary>Calls that are not destroyed for a time, and why. Reason and case are sealed to the hold's own key.</summary>
public sealed class HoldRow
{
    public required string Id { get; set; }

    /// <summary>A word of the closed list of kinds.</summary>
    public required string Kind { get; set; }

    public required string Kid { get; set; }

    /// <summary>frozen (one person alone), confirmed, ended.</summary>
    public required string State { get; set; }

    public required string PlacedBy { get; set; }

    public long PlacedMs { get; set; }

    public string? ConfirmedBy { get; set; }

    public long? ConfirmedMs { get; set; }

    /// <summary>A freeze ends here by itself; a confirmed hold at its end date.</summary>
    public long EndMs { get; set; }

    /// <summary>What was asked for: becomes <see cref="EndMs"/> when another person confirms.</summary>
    public long WantedEndMs { get; set; }

    public string? EndedBy { get; set; }

    public long? EndedMs { get; set; }

    public byte[]? Sealed { get; set; }

    public byte[]? CaseToken { get; set; }
}

/// <summary>One call under one hold, findable by the hold's own token of its number.</summary>
public sealed class HoldCallRow
{
    public required string Hold { get; set; }

    public required string Call { get; set; }

    public byte[]? NumberToken { get; set; }
}

/// <summary>An early destruction: asked by one person, confirmed by another.</summary>
public sealed class DestroyOrderRow
{
    public required string Id { get; set; }

    public required string Call { get; set; }

    /// <summary>A word of the closed list of grounds.</summary>
    public required string Ground { get; set; }

    public required string AskedBy { get; set; }

    public long AskedMs { get; set; }

    public string? ConfirmedBy { get; set; }

    public long? DoneMs { get; set; }
}

/// <summary>Numbers that are never recorded, as they stand: one row, sealed to the keystore's own key.</summary>
public sealed class ExclusionRow
{
    /// <summary>Milliseconds of the change, or one more than the one before: it grows over a restored store too.</summary>
    public long Version { get; set; }

    public required byte[] Sealed { get; set; }

    public required string ChangedBy { get; set; }
}

/// <summary>Whose badge is whose, as it stands: one row, sealed likewise.</summary>
public sealed class RosterRow
{
    /// <summary>As of <see cref="ExclusionRow"/>.</summary>
    public long Version { get; set; }

    public required byte[] Sealed { get; set; }

    public required string ChangedBy { get; set; }
}

/// <summary>An order to an appliance, until it has answered.</summary>
public sealed class CommandRow
{
    public int Id { get; set; }

    public required string Appliance { get; set; }

    /// <summary>destroy, offer, list-key, exclude, roster.</summary>
    public required string Name { get; set; }

    public string? Call { get; set; }

    public long? StoreEpoch { get; set; }

    /// <summary>Of the list that it carries.</summary>
    public long? ListVersion { get; set; }

    public long CreatedMs { get; set; }

    /// <summary>Of the envelope sent last.</summary>
    public string? CommandId { get; set; }

    public long? AnsweredMs { get; set; }

    /// <summary>done, refused, failed.</summary>
    public string? Result { get; set; }
}

/// <summary>What became of the numbers of one line on one destroyed day: what is left when everything else is gone.</summary>
public sealed class TallyRow
{
    public required string Day { get; set; }

    public required string Appliance { get; set; }

    public int Line { get; set; }

    public int Numbered { get; set; }

    public int Destroyed { get; set; }

    public int Early { get; set; }

    public int UnderHold { get; set; }

    public int TooLate { get; set; }

    public int ExpiredUnsent { get; set; }

    public int Failed { get; set; }

    public int Excluded { get; set; }

    public int Missed { get; set; }

    /// <summary>It changed since the last certificate.</summary>
    public bool IsNews { get; set; }
}

/// <summary>A certificate of destruction as it was signed.</summary>
public sealed class CertificateRow
{
    public long Number { get; set; }

    public long AtMs { get; set; }

    public required byte[] Envelope { get; set; }
}

/// <summary>Records that were taken and are forgotten: a stretch of an appliance's chain, so that it can still be followed.</summary>
public sealed class ForgottenRow
{
    public required string Appliance { get; set; }

    public long FromSeq { get; set; }

    public long UntilSeq { get; set; }

    /// <summary>Of the record <see cref="UntilSeq"/>: what the next one's prev must be.</summary>
    public required string LastHash { get; set; }
}

/// <summary>A line whose calls are partly forgotten.</summary>
public sealed class LineRow
{
    public required string Appliance { get; set; }

    public int Line { get; set; }

    /// <summary>Numbers up to here were given, whether their calls are still here or not.</summary>
    public long ForgottenNumber { get; set; }
}

/// <summary>At this moment the appliance's journal ended here: a call with a later record began after it.</summary>
public sealed class SightingRow
{
    public required string Appliance { get; set; }

    public long LastSeq { get; set; }

    public long AtMs { get; set; }
}
