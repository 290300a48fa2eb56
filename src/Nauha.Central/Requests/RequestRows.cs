namespace Nauha.Central;

/// <summary>A request in the register. Whose number it is about stands nowhere but in the sealed part of its hold.</summary>
public sealed class RequestRow
{
    public required string Id { get; set; }

    /// <summary>A word of the closed list of kinds.</summary>
    public required string Kind { get; set; }

    public required string By { get; set; }

    public long ReceivedMs { get; set; }

    /// <summary>One month after it came (GDPR article 12(3)).</summary>
    public long DueMs { get; set; }

    /// <summary>Under which its candidate calls are frozen; null: there are none.</summary>
    public string? Hold { get; set; }

    public int Candidates { get; set; }

    /// <summary>A word of the closed list of outcomes; null while it is open.</summary>
    public string? Outcome { get; set; }

    public string? ClosedBy { get; set; }

    public long? ClosedMs { get; set; }
}
