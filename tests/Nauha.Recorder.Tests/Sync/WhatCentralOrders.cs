using Nauha.Format;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Sync;

public sealed class WhatCentralOrders : IDisposable
{
    private readonly Box _box = new();
    private readonly CallVault _vault;
    private readonly List<(int Line, int Seconds)> _masked = [];
    private ulong _seq;

    public WhatCentralOrders() => _vault = _box.OpenVault();

    public void Dispose()
    {
        _vault.Dispose();
        _box.Dispose();
    }

    private Orders Session(ulong session = 3) => new(_vault, session, new(ExclusionList.Load(_box.Data), BadgeBook.Load(_box.Data), (line, seconds) =>
    {
        if (line.Number != 1) return false;
        _masked.Add((line.Number, seconds));
        return true;
    }));

    private Answer? Give(Orders orders, Order order, CentralSigner? signer = null, ulong session = 3)
    {
        var envelope = Envelope.Seal(PayloadTypes.Command, new SignedOrder(_box.Fleet, _box.Appliance, session, ++_seq, new byte[16], order, 600, null).ToPayload(), signer ?? _box.Commands);
        if (orders.Take(envelope, out _) is not { } answer) return null;
        Envelope.TryOpen(answer, PayloadTypes.Answer, new Own(_box.Signer), out var opened, out _).ShouldBeTrue();
        Answer.TryParse(opened.Payload, out var parsed, out _).ShouldBeTrue();
        return parsed;
    }

    private sealed class Own(ApplianceSigner signer) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? key)
        {
            key = id == signer.Id ? new VerificationKey.Appliance(signer.PublicPoint) : null;
            return key is not null;
        }
    }

    private Order.Exclude Sealed(byte[] key, ulong version, params string[] numbers) => new(version, new NumberList(numbers, []).Seal(key, NumberList.Info(_box.Fleet, _box.Appliance, version)));

    [Fact]
    public void A_list_comes_sealed_to_a_key_that_lives_as_long_as_the_session()
    {
        using var orders = Session();
        Give(orders, Sealed(DaySecret.Create().PublicKey, 1, "0409990123"))!.ShouldSatisfyAllConditions(a => a.Result.ShouldBe(AnswerResult.Refused), a => a.Detail.ShouldBe("no key was asked for in this session"));
        var key = Convert.FromBase64String(Give(orders, new Order.ListKey())!.Detail!);
        Give(orders, new Order.ListKey())!.Detail.ShouldBe(Convert.ToBase64String(key), "one a session");
        Give(orders, Sealed(key, 1, "0409990123"))!.Result.ShouldBe(AnswerResult.Done);
        ExclusionList.Load(_box.Data).Holds("0409990123").ShouldBeTrue();
        Give(orders, Sealed(key, 1, "0409990124"))!.Result.ShouldBe(AnswerResult.Refused, "of a version that it has");
        Give(orders, Sealed(DaySecret.Create().PublicKey, 2, "0409990124"))!.Detail.ShouldBe("does not open");
        // What was sealed for one version opens as no other.
        Give(orders, Sealed(key, 2, "0409990124") with { Version = 3 })!.Detail.ShouldBe("does not open");
        using var next = Session(4);
        Give(next, new Order.ListKey(), session: 4)!.Detail.ShouldNotBe(Convert.ToBase64String(key));
        // Nothing of it lies anywhere on the box.
        foreach (var file in Directory.EnumerateFiles(_box.Data, "*", SearchOption.AllDirectories)) File.ReadAllText(file).ShouldNotContain("409990123");
    }

    [Fact]
    public void A_roster_comes_the_same_way()
    {
        using var orders = Session();
        var anna = AgentId.TryParse("anna-7", out var id) ? id : default;
        byte[] Roster(byte[] key, ulong version) => new BadgeList([("0004711", anna)]).Seal(key, BadgeList.Info(_box.Fleet, _box.Appliance, version));
        Give(orders, new Order.Roster(1, Roster(DaySecret.Create().PublicKey, 1)))!.Detail.ShouldBe("no key was asked for in this session");
        var key = Convert.FromBase64String(Give(orders, new Order.ListKey())!.Detail!);
        Give(orders, new Order.Roster(2, Roster(key, 1)))!.Result.ShouldBe(AnswerResult.Refused, "sealed for another version");
        Give(orders, new Order.Roster(2, Roster(key, 2)))!.Result.ShouldBe(AnswerResult.Done);
        BadgeBook.Load(_box.Data).Of("0004711").ShouldBe(anna);
        // A roster is no list of numbers, though it is sealed to the same key.
        Give(orders, new Order.Exclude(3, Roster(key, 3)))!.Detail.ShouldBe("does not open");
    }

    [Fact]
    public void A_line_is_masked_for_seconds_and_a_line_that_is_not_there_is_refused()
    {
        using var orders = Session();
        Give(orders, new Order.Mask(new(1), 60))!.Result.ShouldBe(AnswerResult.Done);
        Give(orders, new Order.Mask(new(1), 0))!.Result.ShouldBe(AnswerResult.Done);
        Give(orders, new Order.Mask(new(2), 60))!.Result.ShouldBe(AnswerResult.Refused);
        _masked.ShouldBe([(1, 60), (1, 0)]);
    }

    [Fact]
    public void Nobody_but_central_and_nothing_of_another_session_is_obeyed()
    {
        using var orders = Session();
        using var other = CentralSigner.Create();
        Give(orders, new Order.Mask(new(1), 60), other).ShouldBeNull();
        Give(orders, new Order.Mask(new(1), 60), session: 2).ShouldBeNull();
        _masked.ShouldBeEmpty();
    }
}
