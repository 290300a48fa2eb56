using System.Security.Authentication;
using System.Security.Cryptography;
using MQTTnet;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>How long it took to reach the broker; null where that failed.</summary>
/// <param name="Trouble">revoked, certificate or network; null: it answered.</param>
public sealed record BrokerAnswer(double? ConnectMs, double? RoundTripMs, string? Trouble);

/// <summary>Asks the broker whether it is there, with the box's own certificate. Not while the recorder runs: the same client connects once.</summary>
public static class BrokerProbe
{
    public static async Task<BrokerAnswer> AskAsync(CallVault vault, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(time);
        double? connectedMs = null;
        string? shown = null;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(patience);
        try
        {
            using var client = new MqttClientFactory().CreateMqttClient();
            using var certificate = vault.Identity.TlsCertificate();
            var options = BrokerOptions.For(vault.Identity, certificate, patience, (chain, errors) =>
            {
                var good = BrokerOptions.IsCentral(vault, chain, errors);
                if (!good) shown = "certificate";
                return good;
            }).Build();
            var began = time.GetTimestamp();
            var connected = await client.ConnectAsync(options, late.Token).ConfigureAwait(false);
            if (connected.ResultCode != MqttClientConnectResultCode.Success) return new(null, null, connected.ResultCode == MqttClientConnectResultCode.Banned ? "revoked" : "certificate");
            connectedMs = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 1);
            began = time.GetTimestamp();
            await client.PingAsync(late.Token).ConfigureAwait(false);
            var round = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 1);
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), late.Token).ConfigureAwait(false);
            return new(connectedMs, round, null);
        }
        catch (Exception e) when (e is MQTTnet.Exceptions.MqttCommunicationException or IOException or AuthenticationException or CryptographicException or InvalidOperationException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new(connectedMs, null, shown ?? "network");
        }
    }
}
