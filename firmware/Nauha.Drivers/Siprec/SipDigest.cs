using System.Security.Cryptography;
using System.Text;

namespace Nauha.Drivers.Siprec;

/// <summary>Digest authentication as SIP has it (RFC 8760, RFC 7616; MD5 of RFC 2617): the answer to a 401 or 407.</summary>
internal static class SipDigest
{
    /// <param name="challenges">Values of WWW-Authenticate or Proxy-Authenticate; the strongest that is understood is answered.</param>
    /// <param name="nonce">The nonce that is answered: the same one again means that the password is wrong, unless the challenge says stale.</param>
    /// <returns>Null: none of them is understood.</returns>
    public static string? Answer(IEnumerable<string> challenges, string user, string password, string method, string uri, out string nonce, out bool stale)
    {
        (nonce, stale) = ("", false);
        var known = challenges.Where(challenge => challenge.Length < 4_096).Select(Read).OfType<Dictionary<string, string>>().Where(c => c.ContainsKey("nonce") && c.ContainsKey("realm")).ToList();
        var challenge = known.FirstOrDefault(c => Algorithm(c) == "SHA-256") ?? known.FirstOrDefault(c => Algorithm(c) == "MD5");
        if (challenge is null) return null;
        var qops = challenge.TryGetValue("qop", out var offered) ? offered.Split(',', StringSplitOptions.TrimEntries) : null;
        if (qops is not null && !qops.Contains("auth", StringComparer.OrdinalIgnoreCase)) return null;
        (nonce, stale) = (challenge["nonce"], challenge.TryGetValue("stale", out var old) && old.Equals("true", StringComparison.OrdinalIgnoreCase));
        var (sha, realm, own) = (Algorithm(challenge) == "SHA-256", challenge["realm"], Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)));
        var (secret, asked) = (Hash(sha, $"{user}:{realm}:{password}"), Hash(sha, $"{method}:{uri}"));
        var response = Hash(sha, qops is null ? $"{secret}:{nonce}:{asked}" : $"{secret}:{nonce}:00000001:{own}:auth:{asked}");
        var answer = $"Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm={(sha ? "SHA-256" : "MD5")}";
        if (qops is not null) answer += $", qop=auth, nc=00000001, cnonce=\"{own}\"";
        if (challenge.TryGetValue("opaque", out var opaque)) answer += $", opaque=\"{opaque}\"";
        return answer;
    }

    private static string? Algorithm(Dictionary<string, string> challenge) => !challenge.TryGetValue("algorithm", out var name) || name.Equals("MD5", StringComparison.OrdinalIgnoreCase) ? "MD5" : name.Equals("SHA-256", StringComparison.OrdinalIgnoreCase) ? "SHA-256" : null;

    // Whatever a value holds goes back as it came, so nothing may be in it that would end its quotes.
    private static Dictionary<string, string>? Read(string challenge)
    {
        if (!challenge.StartsWith("Digest ", StringComparison.OrdinalIgnoreCase)) return null;
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in SipText.Split(challenge[7..], ','))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) return null;
            var value = part[(equals + 1)..].Trim().Trim('"');
            if (value.AsSpan().ContainsAny('"', '\\') || !values.TryAdd(part[..equals].Trim(), value)) return null;
        }
        return values;
    }

    private static string Hash(bool sha, string text) => Convert.ToHexStringLower(sha ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : Md5(text));

#pragma warning disable CA5351 // RFC 2617's digest is MD5; SHA-256 is taken wherever the PBX offers it, and TLS lies under both.
    private static byte[] Md5(string text) => MD5.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5351
}
