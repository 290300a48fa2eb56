using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Protocol;
using Nauha.Format;

namespace Nauha.EndToEnd.Tests;

/// <summary>Whoever has the box's own key and certificate for the wire, and says what he likes.</summary>
internal sealed class Impostor : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly X509Certificate2 _certificate;
    private readonly Branch _branch;
    private readonly SemaphoreSlim _news = new(0);
    private readonly ConcurrentQueue<(TopicKind Kind, byte[] Payload)> _heard = new();

    public Impostor(Branch branch)
    {
        _branch = branch;
        var identity = Path.Combine(branch.RecorderData, "identity");
        _certificate = X509Certificate2.CreateFromPemFile(Path.Combine(identity, "tls.crt.pem"), Path.Combine(identity, "tls.key.pem"));
        _client.ApplicationMessageReceivedAsync += message =>
        {
            if (Topics.TryParse(message.ApplicationMessage.Topic, out _, out var kind)) _heard.Enqueue((kind, message.ApplicationMessage.Payload.ToArray()));
            _news.Release();
            return Task.CompletedTask;
        };
    }

    public ApplianceId Box => ApplianceId.Parse(_branch.Appliance);

    public async Task<MqttClientConnectResultCode> ConnectAsync(string name)
    {
        var options = new MqttClientOptionsBuilder().WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).WithClientId(name).WithCleanStart()
            .WithTcpServer("localhost", _branch.MqttsPort, System.Net.Sockets.AddressFamily.InterNetwork)
            .WithTlsOptions(tls => tls.UseTls().WithTargetHost("localhost").WithSslProtocols(SslProtocols.Tls13).WithCertificateValidationHandler(shown => shown.Certificate is not null).WithClientCertificates([_certificate])).Build();
        return (await _client.ConnectAsync(options)).ResultCode;
    }

    public async Task<MqttClientPublishReasonCode> SayAsync(ApplianceId appliance, TopicKind kind, byte[] payload) =>
        (await _client.PublishBinaryAsync(Topics.Of(appliance, kind), payload, MqttQualityOfServiceLevel.AtLeastOnce)).ReasonCode;

    public async Task<MqttClientSubscribeResultCode> ListenAsync(ApplianceId appliance) =>
        (await _client.SubscribeAsync(Topics.AllDown(appliance), MqttQualityOfServiceLevel.AtLeastOnce)).Items.Single().ResultCode;

    /// <summary>Says a part, and what central says that it holds of the call then.</summary>
    public async Task<long> HoldsAfterAsync(byte[] part)
    {
        await SayAsync(Box, TopicKind.Part, part);
        for (; ; )
        {
            await _news.WaitAsync().WaitAsync(TimeSpan.FromSeconds(90));
            if (_heard.TryDequeue(out var heard) && heard.Kind == TopicKind.Have && Have.TryParse(heard.Payload, out var have, out _)) return have.Holds.Single().Bytes;
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _certificate.Dispose();
        _news.Dispose();
        return ValueTask.CompletedTask;
    }
}
