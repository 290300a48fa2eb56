using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Tests.Vault;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Sync;

public sealed class OrdersOfCentral : IDisposable
{
    private const ulong Session = 5;
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly CallVault _vault;
    private readonly Orders _orders;
    private readonly CallId _call;
    private readonly string _file;

    public OrdersOfCentral()
    {
        _vault = CallVault.Open(_box.Data, _box.Identity, true, _time, NullLogger.Instance);
        _orders = new(_vault, Session);
        var ticket = _vault.Start(new(1), Direction.Incoming);
        using var recording = _vault.BeginRecording(ticket, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" });
        recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
        _vault.End(ticket, Ending.Recorded, recording.Close(), new());
        (_call, _file) = (ticket.Call, CallVault.FileOf(ticket.Folder, ticket.Call));
    }

    public void Dispose()
    {
        _vault.Dispose();
        _box.Dispose();
    }

    private SignedOrder Destroy(ulong seq = 1) => new(_box.Fleet, _box.Appliance, Session, seq, [.. Enumerable.Repeat((byte)3, 16)], new Order.Destroy(_call), 60, null);

    private (byte[]? Answer, string Why) Take(SignedOrder order, CentralSigner? signer = null) => (_orders.Take(Envelope.Seal(PayloadTypes.Command, order.ToPayload(), signer ?? _box.Commands), out var why), why);

    private void NothingWasDone((byte[]? Answer, string Why) taken, string why)
    {
        (taken.Answer, taken.Why).ShouldBe((null, why));
        File.Exists(_file).ShouldBeTrue();
        _vault.Read(index => index.Find(_call)!.IsDestroyed).ShouldBeFalse();
    }

    [Fact]
    public void An_order_for_this_session_of_this_box_is_carried_out_once_and_answered_under_its_own_signature()
    {
        var answer = Take(Destroy()).Answer.ShouldNotBeNull();
        File.Exists(_file).ShouldBeFalse();
        Envelope.TryOpen(answer, PayloadTypes.Answer, new Only(_box.Signer), out var opened, out var error).ShouldBeTrue(error);
        Answer.TryParse(opened!.Payload, out var said, out _).ShouldBeTrue();
        (said!.Appliance, said.Session, said.Result).ShouldBe((_box.Appliance, Session, AnswerResult.Done));
        said.Id.ShouldBe(Destroy().Id);
        Take(Destroy()).ShouldBe((null, "came before"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void An_order_of_another_session_is_not_obeyed(ulong session) => NothingWasDone(Take(Destroy() with { Session = session }), "is of another session");

    [Fact]
    public void An_order_for_another_appliance_or_fleet_is_not_obeyed()
    {
        NothingWasDone(Take(Destroy() with { Appliance = ApplianceId.From([.. Enumerable.Repeat((byte)1, 10)]) }), "is for another appliance");
        NothingWasDone(Take(Destroy() with { Fleet = FleetId.From([.. Enumerable.Repeat((byte)1, 10)]) }), "is for another appliance");
    }

    [Fact]
    public void An_order_that_the_role_commands_did_not_sign_is_not_obeyed()
    {
        foreach (var signer in new[] { _box.Receipts, _box.DayKeySigner, CentralSigner.Create() }) NothingWasDone(Take(Destroy(), signer), Take(Destroy(), signer).Why);
    }

    [Fact]
    public void An_order_that_is_too_old_or_that_came_before_a_newer_one_is_not_obeyed()
    {
        NothingWasDone(Take(Destroy() with { ExpiresMs = _time.Wall.ToUnixTimeMilliseconds() - 1 }), "is too old");
        Take(Destroy(seq: 8) with { Order = new Order.Offer(9) }).Answer.ShouldNotBeNull();
        NothingWasDone(Take(Destroy(seq: 7)), "came before");
    }

    private sealed class Only(ApplianceSigner signer) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? key) => (key = id == signer.Id ? new VerificationKey.Appliance(signer.PublicPoint) : null) is not null;
    }
}
