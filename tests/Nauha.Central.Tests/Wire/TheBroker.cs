using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Wire;

public sealed class TheBroker : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly List<IMqttClient> _clients = [];
    private RunningCentral _central = null!;
    private FakeAppliance _box = null!, _other = null!;

    public async ValueTask InitializeAsync()
    {
        _central = await RunningCentral.OpenAsync();
        _box = await FakeAppliance.EnrolledAsync(_central);
        _other = await FakeAppliance.EnrolledAsync(_central);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        _box.Dispose();
        _other.Dispose();
        await _central.DisposeAsync();
    }

    private async Task<(IMqttClient Client, MqttClientConnectResultCode Code)> Connect(X509Certificate2? certificate, string id, string? willTopic = null, byte[]? will = null)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        _clients.Add(client);
        var options = new MqttClientOptionsBuilder().WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).WithClientId(id).WithCleanStart().WithTimeout(Deadline)
            .WithTcpServer("localhost", _central.Ports.Mqtts, System.Net.Sockets.AddressFamily.InterNetwork)
            .WithTlsOptions(tls => tls.UseTls().WithTargetHost("localhost").WithSslProtocols(SslProtocols.Tls13).WithTrustChain([_central.Authority.Root, _central.Authority.Servers])
                .WithRevocationMode(X509RevocationMode.NoCheck).WithClientCertificates(certificate is null ? [] : [certificate]));
        if (willTopic is not null) options.WithWillTopic(willTopic).WithWillPayload(will).WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        return (client, (await client.ConnectAsync(options.Build())).ResultCode);
    }

    private async Task<IMqttClient> Connected(FakeAppliance box)
    {
        var (client, code) = await Connect(box.Tls, box.Id.Text);
        code.ShouldBe(MqttClientConnectResultCode.Success);
        return client;
    }

    private static async Task<MqttClientPublishReasonCode> Publish(IMqttClient client, string topic, Action<MqttApplicationMessageBuilder>? more = null)
    {
        var message = new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload("x"u8.ToArray()).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        more?.Invoke(message);
        return (await client.PublishAsync(message.Build())).ReasonCode;
    }

    [Fact]
    public async Task A_record_goes_up_and_its_signed_receipt_comes_down()
    {
        var client = await Connected(_box);
        var heard = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ApplicationMessageReceivedAsync += received =>
        {
            if (received.ApplicationMessage.Topic.EndsWith("/receipt", StringComparison.Ordinal)) heard.TrySetResult([.. System.Buffers.BuffersExtensions.ToArray(received.ApplicationMessage.Payload)]);
            return Task.CompletedTask;
        };
        await client.SubscribeAsync(Topics.AllDown(_box.Id), MqttQualityOfServiceLevel.AtLeastOnce);
        var record = _box.Record(RecordKind.None, CallId.Next(), 1);
        using var again = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do await client.PublishBinaryAsync(Topics.Of(_box.Id, TopicKind.Record), record, MqttQualityOfServiceLevel.AtLeastOnce);   // ingest may not listen yet
        while (await Task.WhenAny(heard.Task, again.WaitForNextTickAsync().AsTask()) != heard.Task);
        _central.ReadReceipt((TopicKind.Receipt, await heard.Task.WaitAsync(Deadline))).Result.ShouldBe(ReceiptResult.Stored);
    }

    [Fact]
    public async Task An_order_reaches_an_appliance_that_stays_connected_at_once()
    {
        var client = await Connected(_box);
        var heard = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var born = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ApplicationMessageReceivedAsync += message =>
        {
            if (Topics.TryParse(message.ApplicationMessage.Topic, out _, out var kind) && kind == TopicKind.Command) heard.TrySetResult(System.Buffers.BuffersExtensions.ToArray(message.ApplicationMessage.Payload));
            else if (kind == TopicKind.Have) born.TrySetResult();
            return Task.CompletedTask;
        };
        await client.SubscribeAsync(Topics.AllDown(_box.Id), MqttQualityOfServiceLevel.AtLeastOnce);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        do await Publish(client, Topics.Of(_box.Id, TopicKind.Birth), m => m.WithPayload(new Birth(_box.Id, 9, "1.0", true, 1, 99, 99, 3, new byte[16]).ToJson()));
        while (await Task.WhenAny(born.Task, again.WaitForNextTickAsync().AsTask()) != born.Task);
        heard.Task.IsCompleted.ShouldBeFalse("nothing was asked for when it came");
        (await _central.The<Nauha.Central.Requests.Exclusions>().ChangeAsync(new(["0409990123"], null, null, "a test"), "dora", CancellationToken.None)).ShouldBeNull();
        Envelope.TryOpen(await heard.Task.WaitAsync(Deadline), PayloadTypes.Command, new TrustKeyring(_central.Register.Trust), out var opened, out _).ShouldBeTrue();
        SignedOrder.TryParse(opened!.Payload, out var order, out _).ShouldBeTrue();
        (order!.Order, order.Session).ShouldBe((new Order.ListKey(), 9UL));

        // A mask goes out now, or not at all.
        var commands = _central.The<Nauha.Central.Fleet.CommandBook>();
        heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (await commands.MaskAsync(_box.Id, new(1), 60, CancellationToken.None)).ShouldBeTrue();
        Envelope.TryOpen(await heard.Task.WaitAsync(Deadline), PayloadTypes.Command, new TrustKeyring(_central.Register.Trust), out opened, out _).ShouldBeTrue();
        SignedOrder.TryParse(opened!.Payload, out order, out _).ShouldBeTrue();
        order!.Order.ShouldBe(new Order.Mask(new(1), 60));
        (await commands.MaskAsync(_other.Id, new(1), 60, CancellationToken.None)).ShouldBeFalse("it never came");
    }

    [Fact]
    public async Task Nothing_may_be_said_but_on_ones_own_way_up()
    {
        var client = await Connected(_box);
        foreach (var topic in new[] { Topics.Of(_other.Id, TopicKind.Record), Topics.Of(_box.Id, TopicKind.Receipt), Topics.Of(_other.Id, TopicKind.Receipt), "nauha/1", $"nauha/1/{_box.Id}/up/else", $"nauha/2/{_box.Id}/up/record", "$SYS/broker" })
            (await Publish(client, topic)).ShouldBe(MqttClientPublishReasonCode.NotAuthorized, topic);
        (await Publish(client, Topics.Of(_box.Id, TopicKind.Status), m => m.WithRetainFlag())).ShouldBe(MqttClientPublishReasonCode.NotAuthorized);
        (await Publish(client, Topics.Of(_box.Id, TopicKind.Status), m => m.WithResponseTopic(Topics.Of(_other.Id, TopicKind.Receipt)))).ShouldBe(MqttClientPublishReasonCode.NotAuthorized);
        (await Publish(client, Topics.Of(_box.Id, TopicKind.Status))).ShouldNotBe(MqttClientPublishReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task Nothing_may_be_heard_but_ones_own_way_down()
    {
        var client = await Connected(_box);
        foreach (var filter in new[] { "#", "nauha/1/+/up/#", Topics.AllDown(_other.Id), $"nauha/1/{_box.Id}/up/#", $"$share/g/{Topics.AllDown(_box.Id)}", "$SYS/#" })
            (await client.SubscribeAsync(filter)).Items.Single().ResultCode.ShouldBeOneOf(MqttClientSubscribeResultCode.NotAuthorized, MqttClientSubscribeResultCode.SharedSubscriptionsNotSupported);
        (await client.SubscribeAsync(Topics.AllDown(_box.Id), MqttQualityOfServiceLevel.AtLeastOnce)).Items.Single().ResultCode.ShouldBe(MqttClientSubscribeResultCode.GrantedQoS1);
    }

    [Fact]
    public async Task A_name_other_than_the_certificates_is_refused_and_so_is_ingests()
    {
        (await Connect(_box.Tls, _other.Id.Text)).Code.ShouldBe(MqttClientConnectResultCode.ClientIdentifierNotValid);
        (await Connect(_box.Tls, "ingest")).Code.ShouldBe(MqttClientConnectResultCode.NotAuthorized);
    }

    [Fact]
    public async Task Another_authority_no_certificate_and_the_signing_certificate_open_nothing()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var foreign = new CertificateRequest($"CN={_box.Id}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        foreach (var certificate in new[] { foreign, null, _box.SigningCertificate })
            await Should.ThrowAsync<MqttCommunicationException>(() => Connect(certificate, _box.Id.Text));
    }

    [Fact]
    public async Task A_revoked_appliance_loses_its_connection_at_once_and_is_told_why_when_it_comes_back()
    {
        var client = await Connected(_box);
        var lost = new TaskCompletionSource<MqttClientDisconnectReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.DisconnectedAsync += e =>
        {
            lost.TrySetResult(e.Reason);
            return Task.CompletedTask;
        };
        (await _central.Register.RevokeAsync(_box.Id, "operator:test", CancellationToken.None)).ShouldBeTrue();
        (await lost.Task.WaitAsync(Deadline)).ShouldBe(MqttClientDisconnectReason.NotAuthorized);
        (await Connect(_box.Tls, _box.Id.Text)).Code.ShouldBe(MqttClientConnectResultCode.Banned);
        using var http = _box.Http(_box.Tls);
        (await http.GetAsync(_central.Url("/.well-known/nauha/documents"))).StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        await Connected(_other);
    }

    [Fact]
    public async Task A_will_on_another_appliances_topic_is_not_delivered()
    {
        foreach (var box in new[] { _box, _other }) await _central.HearsAsync(box.Id, TopicKind.Birth, new Birth(box.Id, 1, "1.0", true, 1, 9, 9, 0, new byte[16]).ToJson());
        var gone = new ApplianceStatus(99, false, _box.NowMs, 1, 0, 0, 1, 0, []).ToJson();
        using var late = new CancellationTokenSource(Deadline);
        do
        {
            // Again and again, for ingest may not listen yet. A connection that ends without a word is one whose will is due.
            foreach (var about in new[] { _other, _box })
            {
                (await Connect(_box.Tls, _box.Id.Text, Topics.Of(about.Id, TopicKind.Status), gone)).Code.ShouldBe(MqttClientConnectResultCode.Success);
                _clients[^1].Dispose();
            }
        } while ((await _central.Register.ListAsync(late.Token)).Single(a => a.Id == _box.Id.Text).Online);
        (await _central.Register.ListAsync(late.Token)).Single(a => a.Id == _other.Id.Text).Online.ShouldBeTrue();
    }

    [Fact]
    public async Task A_packet_longer_than_a_part_ends_the_connection_and_nobody_elses()
    {
        var (client, other) = (await Connected(_box), await Connected(_other));
        await client.PublishBinaryAsync(Topics.Of(_box.Id, TopicKind.Part), new byte[Part.HeadBytes + Part.Longest], MqttQualityOfServiceLevel.AtLeastOnce);
        await Should.ThrowAsync<MqttCommunicationException>(() => client.PublishBinaryAsync(Topics.Of(_box.Id, TopicKind.Part), new byte[1_000_000], MqttQualityOfServiceLevel.AtLeastOnce));
        (await Publish(other, Topics.Of(_other.Id, TopicKind.Status))).ShouldNotBe(MqttClientPublishReasonCode.NotAuthorized);
    }
}
