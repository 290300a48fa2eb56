using System.Buffers;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Protocol;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Wire;

/// <summary>What to do with a message, and what to answer. Ingest gives it; the wire does not know what it means.</summary>
public delegate Task<IReadOnlyList<(TopicKind Kind, byte[] Payload)>> Intake(ApplianceId appliance, TopicKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancel);

/// <summary>
/// Central's ear on the broker: an ordinary MQTT 5 client, whichever broker it is. A message is acknowledged when it has
/// been dealt with; a lost connection is made anew for as long as the program runs.
/// </summary>
internal sealed partial class IngestClient(Intake intake, CommandBook commands, CertificateAuthority authority, OwnClient own, RunningPorts ports, CentralOptions central, TimeProvider time, ILogger<IngestClient> log) : BackgroundService
{
    private readonly SemaphoreSlim _one = new(1, 1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is MQTTnet.Exceptions.MqttCommunicationException or IOException or InvalidOperationException or AuthenticationException)
            {
                Lost(e.Message);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        if (ports.Mqtts == 0) return;
        using var client = new MqttClientFactory().CreateMqttClient();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.DisconnectedAsync += _ =>
        {
            gone.TrySetResult();
            return Task.CompletedTask;
        };
        client.ApplicationMessageReceivedAsync += async received =>
        {
            received.AutoAcknowledge = false;
            await _one.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                await DealAsync(client, received.ApplicationMessage, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Failed(e);
            }
            finally
            {
                _one.Release();
            }
            await received.AcknowledgeAsync(stop).ConfigureAwait(false);
        };
        var options = new MqttClientOptionsBuilder().WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).WithClientId(OwnClient.Name).WithCleanStart()
            .WithEndPoint(new IPEndPoint(central.OwnAddress, ports.Mqtts))
            .WithTlsOptions(tls => tls.UseTls().WithTargetHost("localhost").WithSslProtocols(SslProtocols.Tls13)
                .WithCertificateValidationHandler(shown => authority.IsOwnServer(shown.Certificate)).WithClientCertificates([own.Certificate]))
            .Build();
        var connected = await client.ConnectAsync(options, stop).ConfigureAwait(false);
        if (connected.ResultCode != MqttClientConnectResultCode.Success) throw new InvalidOperationException($"the broker refused ingest: {connected.ResultCode}");
        await client.SubscribeAsync(Topics.AllUp, MqttQualityOfServiceLevel.AtLeastOnce, stop).ConfigureAwait(false);
        Listening();
        void Send(ApplianceId appliance) => _ = GuardedAsync(() => SendAsync(client, appliance, stop), stop);
        void SendNow(ApplianceId appliance, byte[] order) => _ = GuardedAsync(() => PublishAsync(client, appliance, order, stop), stop);
        commands.Queued += Send;
        commands.Sent += SendNow;
        try
        {
            await gone.Task.WaitAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            commands.Queued -= Send;
            commands.Sent -= SendNow;
        }
    }

    // What waits for an appliance that is there goes out at once; one that is away gets it when it comes.
    private async Task SendAsync(IMqttClient client, ApplianceId appliance, CancellationToken stop)
    {
        foreach (var order in await commands.WaitingAsync(appliance, born: false, stop).ConfigureAwait(false)) await PublishAsync(client, appliance, order, stop).ConfigureAwait(false);
    }

    private static async Task PublishAsync(IMqttClient client, ApplianceId appliance, byte[] order, CancellationToken stop) =>
        await client.PublishBinaryAsync(Topics.Of(appliance, TopicKind.Command), order, MqttQualityOfServiceLevel.AtLeastOnce, false, stop).ConfigureAwait(false);

    // One at a time with what comes in; nobody waits for it, and its failure is nobody else's.
    private async Task GuardedAsync(Func<Task> act, CancellationToken stop)
    {
        try
        {
            await _one.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                await act().ConfigureAwait(false);
            }
            finally
            {
                _one.Release();
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Failed(e);
        }
        catch (OperationCanceledException)
        {
            // central stops: what waits goes out when the appliance comes again
        }
    }

    private async Task DealAsync(IMqttClient client, MqttApplicationMessage message, CancellationToken stop)
    {
        if (!Topics.TryParse(message.Topic, out var appliance, out var kind)) return;
        foreach (var (answer, payload) in await intake(appliance, kind, message.Payload.ToArray(), stop).ConfigureAwait(false))
            await client.PublishBinaryAsync(Topics.Of(appliance, answer), payload, MqttQualityOfServiceLevel.AtLeastOnce, false, stop).ConfigureAwait(false);
    }

    [LoggerMessage(EventId = 6201, Level = LogLevel.Information, Message = "Ingest listens")]
    private partial void Listening();

    [LoggerMessage(EventId = 6202, Level = LogLevel.Warning, Message = "Ingest has lost the broker: {Why}")]
    private partial void Lost(string why);

    [LoggerMessage(EventId = 6203, Level = LogLevel.Error, Message = "A message could not be dealt with")]
    private partial void Failed(Exception reason);
}
