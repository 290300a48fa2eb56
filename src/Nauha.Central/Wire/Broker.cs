using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using MQTTnet.Protocol;
using MQTTnet.Server;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Wire;

/// <summary>
/// Who may connect to the embedded broker, and who may say and hear what. An appliance speaks under its own name on its
/// own topics; central's ingest is a client like any other, with a certificate of this process.
/// </summary>
internal sealed partial class Broker(Register register, OwnClient own, ILogger<Broker> log)
{
    private long _dropped;

    public void Guard(MqttServer server)
    {
        server.ValidatingConnectionAsync += connection =>
        {
            connection.ReasonCode =
                connection.ClientId == OwnClient.Name ? (own.Is(connection.ClientCertificate) ? MqttConnectReasonCode.Success : MqttConnectReasonCode.NotAuthorized)
                : connection.ClientCertificate?.GetNameInfo(X509NameType.SimpleName, false) != connection.ClientId ? MqttConnectReasonCode.ClientIdentifierNotValid
                : register.IsCurrent(connection.ClientCertificate, connection.ClientId) ? MqttConnectReasonCode.Success
                : register.IsRevoked(connection.ClientId) ? MqttConnectReasonCode.Banned
                : MqttConnectReasonCode.NotAuthorized;
            if (connection.ReasonCode != MqttConnectReasonCode.Success) Refused(connection.ReasonCode);
            return Task.CompletedTask;
        };
        server.InterceptingPublishAsync += publish =>
        {
            var message = publish.ApplicationMessage;
            var allowed = publish.ClientId == OwnClient.Name
                ? Topics.TryParse(message.Topic, out _, out var down) && !Topics.IsUp(down)
                : Topics.TryParse(message.Topic, out var appliance, out var up) && Topics.IsUp(up) && appliance.Text == publish.ClientId && message.ResponseTopic is null && !message.Retain;
            if (allowed) return Task.CompletedTask;
            publish.ProcessPublish = false;
            publish.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            return Task.CompletedTask;
        };
        server.InterceptingSubscriptionAsync += subscription =>
        {
            var filter = subscription.TopicFilter.Topic;
            var allowed = subscription.ClientId == OwnClient.Name ? filter == Topics.AllUp : ApplianceId.TryParse(subscription.ClientId, out var id) && filter == Topics.AllDown(id);
            if (allowed) return Task.CompletedTask;
            subscription.ProcessSubscription = false;
            subscription.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
            return Task.CompletedTask;
        };
        // The broker lets go of the oldest when somebody reads too slowly; appliances send again, but people must see it.
        server.QueuedApplicationMessageOverwrittenAsync += _ =>
        {
            Dropped(Interlocked.Increment(ref _dropped));
            return Task.CompletedTask;
        };
        // The register says no before the connection is ended: a client that comes back at once finds the door shut.
        register.Revoked += async appliance =>
        {
            if (!(await server.GetClientsAsync()).Any(c => c.Id == appliance.Text)) return;
            try
            {
                await server.DisconnectClientAsync(appliance.Text, new MqttServerClientDisconnectOptions { ReasonCode = MqttDisconnectReasonCode.NotAuthorized });
            }
            catch (InvalidOperationException)
            {
                // It left by itself in between.
            }
        };
    }

    [LoggerMessage(EventId = 6101, Level = LogLevel.Warning, Message = "A connection to the broker was refused: {Reason}")]
    private partial void Refused(MqttConnectReasonCode reason);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Error, Message = "The broker dropped a message that waited too long: {Count} since the start")]
    private partial void Dropped(long count);
}

/// <summary>The client certificate with which ingest comes to the broker; made anew with each process, and before it ends.</summary>
public sealed class OwnClient(CertificateAuthority authority) : IDisposable
{
    public const string Name = "ingest";

    private readonly Lock _one = new();
    private X509Certificate2 _certificate = authority.OwnClient(Name);

    public X509Certificate2 Certificate
    {
        get
        {
            lock (_one) return authority.Ends(_certificate) ? _certificate = authority.OwnClient(Name) : _certificate;
        }
    }

    public bool Is(X509Certificate2? certificate)
    {
        lock (_one) return certificate is not null && certificate.RawData.AsSpan().SequenceEqual(_certificate.RawData);
    }

    public void Dispose() => _certificate.Dispose();
}
