using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// This box's address at the PBX, kept alive on one connection (RFC 3261 §10, RFC 5626): asked for, proven by password where
/// that is asked, renewed after four fifths of its time. It is told what comes and what time it is, and says what to send.
/// </summary>
internal sealed class Registration(TrunkOptions options, string? password, IPEndPoint local, Action<SipMessage> send)
{
    private const double Patience = 32;     // RFC 3261's timer F

    private readonly string _callId = SipNames.Next(), _tag = SipNames.Next();
    private int _seq;
    private double _askedAt, _renewAt = double.PositiveInfinity;
    private bool _asks;
    private string _nonce = "";

    public bool IsUp { get; private set; }

    /// <summary>Why it is not to be had, or is lost; null: it may be yet.</summary>
    public string? Refused { get; private set; }

    /// <summary>Where requests reach this box.</summary>
    public string Contact => $"<sip:{options.User}@{local};transport={options.Transport}>";

    private string Address => $"sip:{options.User}@{options.AddressDomain}";

    public void Start(double now) => Ask(now, options.ExpiresSeconds);

    public void Tick(double now)
    {
        if (_asks && now - _askedAt > Patience) Refused ??= $"The PBX {options.Server} does not answer the registration.";
        if (!_asks && now >= _renewAt) Ask(now, options.ExpiresSeconds);
    }

    /// <summary>The address is given back: no call comes any more.</summary>
    public void Leave(double now)
    {
        if (IsUp) Ask(now, 0);
    }

    /// <returns>False: it is no answer to what was asked.</returns>
    public bool Take(SipMessage answer, double now)
    {
        if (answer.CallId != _callId || answer.CSeq != (_seq, "REGISTER") || !_asks) return false;
        switch (answer.Status)
        {
            case < 200:
                break;
            case < 300:
                (_asks, IsUp, _nonce) = (false, true, "");
                _renewAt = now + (0.8 * Math.Clamp(Given(answer), 20, 7_200));
                break;
            case 401 or 407 when password is not null:
                var (asked, reply) = answer.Status == 401 ? ("WWW-Authenticate", "Authorization") : ("Proxy-Authenticate", "Proxy-Authorization");
                var uri = $"sip:{options.AddressDomain}";
                var proof = SipDigest.Answer(answer.All(asked), options.SignInAs ?? options.User!, password, "REGISTER", uri, out var nonce, out var stale);
                if (proof is null) Refused = $"The PBX {options.Server} asks for a proof that this box does not know: Digest with SHA-256 or MD5, qop auth.";
                else if (_nonce.Length > 0 && !stale) Refused = $"The PBX {options.Server} does not take the password of {options.SignInAs ?? options.User}.";
                else
                {
                    _nonce = nonce;
                    Ask(now, options.ExpiresSeconds, (reply, proof));
                }
                break;
            default:
                Refused = string.Create(CultureInfo.InvariantCulture, $"The PBX {options.Server} refuses the registration of {options.User}: {answer.Status}.{(answer.Status is 401 or 407 ? " It asks for a password, and there is no passwordFile." : "")}");
                break;
        }
        return true;
    }

    private void Ask(double now, int expires, (string Name, string Value)? proof = null)
    {
        (_asks, _askedAt, _renewAt) = (true, now, double.PositiveInfinity);
        var request = new SipMessage { Method = "REGISTER", Uri = $"sip:{options.AddressDomain}" }
            .Add("Via", SipNames.Via(options, local))
            .Add("Max-Forwards", "70")
            .Add("From", $"<{Address}>;tag={_tag}")
            .Add("To", $"<{Address}>")
            .Add("Call-ID", _callId)
            .Add("CSeq", string.Create(CultureInfo.InvariantCulture, $"{++_seq} REGISTER"))
            .Add("Contact", $"{Contact};+sip.srs;reg-id=1;+sip.instance=\"<urn:uuid:{Instance()}>\"")
            .Add("Supported", "path, outbound")
            .Add("Allow", SipNames.Allow)
            .Add("Expires", expires.ToString(CultureInfo.InvariantCulture));
        if (proof is { } given) request.Add(given.Name, given.Value);
        send(request);
    }

    // Which box it is, the same after each start: made of its account, so that it says nothing more.
    private Guid Instance() => new(SHA256.HashData(Encoding.UTF8.GetBytes($"nauha {Address}")).AsSpan(0, 16));

    private int Given(SipMessage answer)
    {
        var own = answer.Tokens("Contact").FirstOrDefault(contact => contact.Contains(local.ToString(), StringComparison.Ordinal));
        var text = SipText.Param(own, "expires") ?? answer["Expires"];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : options.ExpiresSeconds;
    }
}

/// <summary>What this box writes of itself.</summary>
internal static class SipNames
{
    public const string Allow = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE";

    public const string Accept = "application/sdp, application/rs-metadata+xml, multipart/mixed";

    /// <summary>A name that nobody else has and nobody guesses.</summary>
    public static string Next() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    public static string Via(TrunkOptions options, IPEndPoint local) => $"SIP/2.0/{options.Transport.ToUpperInvariant()} {local};branch=z9hG4bK{Next()};rport";
}
