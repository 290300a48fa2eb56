namespace Nauha.Format;

/// <summary>What a certificate of the fleet may be used for (extended key usage).</summary>
public static class CertificateUses
{
    /// <summary>Marks a certificate whose key signs records and recordings: it opens no connection.</summary>
    public const string SignsRecordings = "2.25.329800735698586629295641978511506172918";
}
