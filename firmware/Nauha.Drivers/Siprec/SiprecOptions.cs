using System.ComponentModel.DataAnnotations;

namespace Nauha.Drivers.Siprec;

/// <summary>A PBX or session border controller that sends what it records, and where this box registers for it.</summary>
public sealed class TrunkOptions
{
    /// <summary>Name or address of the registrar.</summary>
    [Required(ErrorMessage = "It names the PBX to register at.")]
    [RegularExpression("[A-Za-z0-9.:-]{1,253}")]
    public string? Server { get; set; }

    /// <summary>Null: 5061 for tls, 5060 for tcp.</summary>
    [Range(1, 65_535)]
    public int? Port { get; set; }

    /// <summary>tls, or tcp. Over tcp everybody on the way reads the numbers.</summary>
    [AllowedValues("tls", "tcp")]
    public string Transport { get; set; } = "tls";

    /// <summary>tcp to another machine than this one is wanted.</summary>
    public bool PlainTcp { get; set; }

    /// <summary>The domain of the address that is registered; null: the server's name.</summary>
    [RegularExpression("[A-Za-z0-9.:-]{1,253}")]
    public string? Domain { get; set; }

    /// <summary>The user part of the address that is registered.</summary>
    [Required(ErrorMessage = "It names the account at the PBX.")]
    [RegularExpression("[A-Za-z0-9._+-]{1,64}")]
    public string? User { get; set; }

    /// <summary>Who signs in, where that is another name.</summary>
    [RegularExpression("[!#-~]{1,64}")]
    public string? SignInAs { get; set; }

    /// <summary>A file that holds the password alone, which nobody but its owner may read; null: none is asked for.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>PEM of the authorities that the server's certificate must come from; null: the system's.</summary>
    public string? TrustFile { get; set; }

    /// <summary>Seconds for which a registration is asked, 60 to 3,600; renewed after four fifths.</summary>
    [Range(60, 3_600)]
    public int ExpiresSeconds { get; set; } = 300;

    /// <summary>This PBX names the caller first among a call's participants: then the direction is known.</summary>
    public bool CallerFirst { get; set; }

    internal int ServerPort => Port ?? (Transport == "tls" ? 5_061 : 5_060);

    internal string AddressDomain => Domain ?? Server!;
}

/// <summary>Of a line whose source is siprec.</summary>
public sealed class SiprecLineOptions
{
    /// <summary>Which of the configuration's trunks.</summary>
    [RegularExpression("[A-Za-z0-9_-]{1,32}")]
    public string? Trunk { get; set; }

    /// <summary>Whose calls these are, separated by spaces: an address (sip:2001@pbx), a domain (@pbx) or the beginning of the user's part (20*). A call of theirs takes this line where it is free; who is not one of them is the other party.</summary>
    [RegularExpression(@"[!-~]{1,128}( +[!-~]{1,128}){0,31}")]
    public string? LocalUris { get; set; }
}
