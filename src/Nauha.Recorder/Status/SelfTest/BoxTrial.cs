using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nauha.Format;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status.SelfTest;

/// <summary>What the box has besides its lines: clock, keys, certificates, the way to central, its own health.</summary>
public static class BoxTrial
{
    private const int FewDays = 30;
    private static readonly TimeSpan LongestOff = TimeSpan.FromMinutes(2), Patience = TimeSpan.FromSeconds(10);

    /// <param name="synchronised">A time service keeps the system's clock.</param>
    /// <param name="chip">What the battery clock says; null: there is none, or it stood still.</param>
    /// <param name="hasChip">There is a battery clock.</param>
    public static Check Clock(BoxClock clock, bool synchronised, bool hasChip, DateTimeOffset? chip)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var now = clock.Now();
        double? off = chip is { } at ? Math.Round((at - DateTimeOffset.FromUnixTimeMilliseconds(now.UnixMs)).TotalSeconds, 1) : null;
        (string, object?)[] measured = [("source", now.Source.ToString().ToLowerInvariant()), ("synchronised", synchronised), ("batteryClock", hasChip), ("batteryClockOffSeconds", off)];
        if (now.UncertaintyMs == BoxClock.Doubtful) return new("clock", Verdict.Fail, "clock-doubtful", measured);
        if (hasChip && chip is null) return new("clock", Verdict.Fail, "clock-stood-still", measured);
        if (off is { } seconds && Math.Abs(seconds) > LongestOff.TotalSeconds) return new("clock", Verdict.Fail, "clock-apart", measured);
        return synchronised || hasChip ? new("clock", Verdict.Pass, "clock-good", measured) : new("clock", Verdict.Fail, "clock-alone", measured);
    }

    public static Check DayKeys(CallVault vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var days = vault.Keys.HorizonDays(vault.Now().UnixMs);
        return new("day-keys", days < Vault.DayKeys.AlarmDays ? Verdict.Fail : Verdict.Pass, days < Vault.DayKeys.AlarmDays ? "keys-end" : days < Vault.DayKeys.WarningDays ? "keys-few" : "keys-good", [("days", days)]);
    }

    /// <summary>Both of the box's certificates; the one that ends first.</summary>
    public static Check Certificates(BoxIdentity identity, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(identity);
        try
        {
            using var tls = identity.TlsCertificate();
            using var signing = X509Certificate2.CreateFromPem(identity.SigningCertificatePem());
            var days = (int)Math.Floor((new[] { tls.NotAfter, signing.NotAfter }.Min().ToUniversalTime() - now.UtcDateTime).TotalDays);
            return new("certificate", days < FewDays ? Verdict.Fail : Verdict.Pass, days < 0 ? "certificate-over" : days < FewDays ? "certificate-ends" : "certificate-good", [("days", days)]);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new("certificate", Verdict.Fail, "certificate-unreadable", []);
        }
    }

    /// <summary>Connects as the box does, pings, and goes.</summary>
    public static async Task<Check> BrokerAsync(CallVault vault, TimeProvider time, CancellationToken cancel)
    {
        var answer = await BrokerProbe.AskAsync(vault, Patience, time, cancel).ConfigureAwait(false);
        (string, object?)[] measured = [("connectMs", answer.ConnectMs), ("roundTripMs", answer.RoundTripMs)];
        return new("broker", answer.Trouble is null ? Verdict.Pass : Verdict.Fail, answer.Trouble switch { null => "broker-good", "revoked" => "broker-revoked", "certificate" => "broker-certificate", _ => "broker-unreachable" }, measured);
    }

    /// <param name="board">A board is known: then it has a watchdog, and it must be armed.</param>
    public static Check Watchdog((string Identity, bool Armed, int Seconds)? kernel, bool board)
    {
        (string, object?)[] measured = [("identity", kernel?.Identity), ("seconds", kernel?.Seconds)];
        return kernel switch
        {
            null => new("watchdog", board ? Verdict.Fail : Verdict.NotFitted, board ? "watchdog-none" : "watchdog-not-fitted", measured),
            { Armed: true } => new("watchdog", Verdict.Pass, "watchdog-armed", measured),
            _ => new("watchdog", Verdict.Fail, "watchdog-unarmed", measured),
        };
    }

    public static Check Health(BoxHealth health)
    {
        (string, object?)[] measured = [("celsius", health.Celsius is { } heat ? Math.Round(heat, 1) : null), ("weakSupplyNow", health.UnderVoltage), ("weakSupplySincePowerOn", health.UnderVoltageSeen), ("slowedDown", health.Throttled)];
        if (health == default) return new("health", Verdict.NotFitted, "health-not-measured", measured);
        if (health.UnderVoltage == true || health.UnderVoltageSeen == true) return new("health", Verdict.Fail, "health-supply", measured);
        return health.IsBad ? new("health", Verdict.Fail, "health-hot", measured) : new("health", Verdict.Pass, "health-good", measured);
    }
}
