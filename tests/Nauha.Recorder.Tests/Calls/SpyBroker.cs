using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;
using Nauha.Format;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>A real broker over TLS 1.3 that keeps every message it is given, and answers as central would: receipts for records, what it holds for parts.</summary>
internal sealed class SpyBroker : IAsyncDisposable
{
    private readonly X509Certificate2 _server;
    private MqttServer? _mqtt;
    private ulong _seq;

    public SpyBroker()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, until) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(7));
        Authority = root.CreateSelfSigned(from, until);
        (_server, _) = Issue("localhost", "1.3.6.1.5.5.7.3.1", from, until);
        (var client, ClientKey) = Issue("box", "1.3.6.1.5.5.7.3.2", from, until);
        ClientCertificate = client.ExportCertificatePem();
        client.Dispose();
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public X509Certificate2 Authority { get; }

    public string ClientKey { get; }

    public string ClientCertificate { get; }

    public int Port { get; }

    /// <summary>Everything that was published: topic and payload.</summary>
    public ConcurrentQueue<(string Topic, byte[] Payload)> Messages { get; } = new();

    /// <summary>Ends when a recording has been sent to its last byte.</summary>
    public TaskCompletionSource WholeRecording { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the progress of a recording was told.</summary>
    public TaskCompletionSource Progress { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a call's last record came that has no audio.</summary>
    public TaskCompletionSource EndRecord { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task StartAsync(Box box)
    {
        var options = new MqttServerOptionsBuilder().WithoutDefaultEndpoint().WithEncryptedEndpoint().WithEncryptedEndpointPort(Port).WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
            .WithEncryptionCertificate(_server).WithEncryptionSslProtocol(SslProtocols.Tls13).Build();
        _mqtt = new MqttServerFactory().CreateMqttServer(options);
        _mqtt.InterceptingPublishAsync += publish => string.IsNullOrEmpty(publish.ClientId) || publish.ClientId == "central" ? Task.CompletedTask : HearAsync(box, publish.ApplicationMessage);
        await _mqtt.StartAsync();
    }

    private async Task HearAsync(Box box, MqttApplicationMessage message)
    {
        var payload = message.Payload.ToArray();
        Messages.Enqueue((message.Topic, payload));
        if (!Topics.TryParse(message.Topic, out _, out var kind)) return;
        if (kind == TopicKind.Progress) Progress.TrySetResult();
        if (kind == TopicKind.Record && Envelope.TryRead(payload) is { } record)
        {
            if (record.Kind == RecordKind.None) EndRecord.TrySetResult();
            var receipt = new Receipt
            {
                Fleet = box.Fleet,
                Appliance = box.Appliance,
                Seq = ++_seq,
                Prev = new byte[32],
                StoreEpoch = 0,
                Call = record.Call,
                What = ReceiptSubject.Record,
                Sha256 = record.Hash,
                Bytes = payload.Length,
                Result = ReceiptResult.Stored,
                Checkpoint = "",
                AtMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            await SendAsync(box, TopicKind.Receipt, Format.Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), box.Receipts));
        }
        else if (kind == TopicKind.Part && Part.TryParse(payload, out var part, out _, out _))
        {
            await SendAsync(box, TopicKind.Have, new Have([new(part.Call, part.Offset + part.Bytes.Length)]).ToJson());
            if (part.Offset + part.Bytes.Length == part.Total) WholeRecording.TrySetResult();
        }
    }

    private Task SendAsync(Box box, TopicKind kind, byte[] payload) =>
        _mqtt!.InjectApplicationMessage(new InjectedMqttApplicationMessage(new MqttApplicationMessageBuilder().WithTopic(Topics.Of(box.Appliance, kind)).WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build()) { SenderClientId = "central" });

    private static class Envelope
    {
        public static (CallId? Call, RecordKind Kind, byte[] Hash)? TryRead(byte[] envelope)
        {
            using var json = System.Text.Json.JsonDocument.Parse(envelope);
            var payload = json.RootElement.GetProperty("payload").GetBytesFromBase64();
            return CallRecord.TryParse(payload, out var record, out _) ? (record!.Call, record.Kind, CallRecord.HashOf(payload)) : null;
        }
    }

    private (X509Certificate2 Certificate, string KeyPem) Issue(string name, string use, DateTimeOffset from, DateTimeOffset until)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(Authority, from, until, [1, (byte)name.Length]);
        return (issued.CopyWithPrivateKey(key), key.ExportPkcs8PrivateKeyPem());
    }

    public async ValueTask DisposeAsync()
    {
        if (_mqtt is not null)
        {
            await _mqtt.StopAsync();
            _mqtt.Dispose();
        }
        _server.Dispose();
        Authority.Dispose();
    }
}
