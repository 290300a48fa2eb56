using System.Numerics;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.TheExchange;

/// <summary>The pair as a circuit: levels by complex arithmetic, what the hybrid lets back, what a second phone and a stuck relay take.</summary>
public sealed class TheTwoWires
{
    private static readonly Impedance[] Kinds = [Impedance.Plain, Impedance.European, new(900), new(220, 820, 115)];

    public static TheoryData<int, int, double> Meetings
    {
        get
        {
            var data = new TheoryData<int, int, double>();
            for (var card = 0; card < Kinds.Length; card++)
                for (var phone = 0; phone < Kinds.Length; phone++)
                    foreach (var hertz in new double[] { 300, 1_000, 2_000, 3_000, 3_400 }) data.Add(card, phone, hertz);
            return data;
        }
    }

    private static Complex Ohms(Impedance z, double hertz) => z.Series + (z.Parallel == 0 ? 0 : 1 / ((1 / z.Parallel) + new Complex(0, 2 * Math.PI * hertz * z.Nanofarads * 1e-9)));

    [Theory]
    [MemberData(nameof(Meetings))]
    public void Each_voice_is_on_the_pair_as_loud_as_the_impedances_let_it_be(int card, int phone, double hertz)
    {
        var port = Tried.Silent with { Wire = new() { Card = Kinds[card], Phone = Kinds[phone] } };
        var line = Tried.Run(port, 1, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(hertz, 1, -20))));
        var (zCard, zPhone) = (Ohms(Kinds[card], hertz), Ohms(Kinds[phone], hertz));
        // A source of −20 dBV into its like has −14 dBV behind its impedance.
        var expected = -20 + (20 * Math.Log10(2 * (zCard / (zCard + zPhone)).Magnitude));
        line.Pair.From(0.4, 0.5).Dbv(hertz).ShouldBe(expected, 1.2);
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(18, 12)]
    [InlineData(30, 40)]
    public void The_far_voice_goes_back_to_it_by_the_trans_hybrid_loss_and_as_late_as_said(double lossDb, double echoMs)
    {
        var port = Tried.Silent with { Wire = new() { Card = Impedance.European, Phone = Impedance.European, TransHybridLossDb = lossDb, EchoMs = echoMs } };
        var line = Tried.Run(port, 2, Tried.Up(new Sound(Cue.Lifted, 0, Side.Far, Tried.Hiss(2, -20))));
        var (there, back) = (line.Stems![CapturePoint.Pair, Stem.Caller].From(0.5, 1), line.Stems[CapturePoint.FarEar, Stem.Caller].From(0.5, 1));
        (there.Dbv() - back.Dbv()).ShouldBe(lossDb, 0.3);
        Tried.Lag(there, back, 600).ShouldBe((int)(echoMs * 8) + (port.DelayMs * 8));
    }

    [Fact]
    public void A_perfect_hybrid_returns_nothing_and_a_phone_that_differs_from_it_does_not_matter_to_one_that_knows_it()
    {
        foreach (var phone in Kinds)
        {
            var line = Tried.Run(Tried.Silent with { Wire = new() { Phone = phone } }, 1, Tried.Up(new Sound(Cue.Lifted, 0, Side.Far, Tried.Hiss(1, -20))));
            line.Stems![CapturePoint.FarEar, Stem.Caller].ShouldAllBe(s => Math.Abs((int)s) <= 1);
        }
    }

    [Fact]
    public void An_echo_canceller_learns_and_then_holds_down_whoever_speaks_with_the_far_side()
    {
        var port = Tried.Silent with { Wire = new() { TransHybridLossDb = 10, CancellerSeconds = 1, SuppressesDb = 12 } };
        var agent = new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(1_000, 8, -20));
        var far = new Sound(Cue.Lifted, 2, Side.Far, Tried.Hiss(4, -20));
        var line = Tried.Run(port, 8, Tried.Up(agent, far));
        var (voice, echo) = (line.Stems![CapturePoint.FarEar, Stem.Agent], line.Stems[CapturePoint.FarEar, Stem.Caller]);
        echo.From(2.05, 0.1).Dbv().ShouldBe(-32.5, 1, "a tenth of the second in which it learns 25 dB");
        echo.From(4, 1).Dbv().ShouldBeLessThan(-30 - 25, "and what it holds down besides");
        voice.From(1, 0.5).Dbv(1_000).ShouldBe(-20, 0.2);
        voice.From(2.2, 0.5).Dbv(1_000).ShouldBe(-20, 0.2, "it does not know the line yet");
        voice.From(4, 1).Dbv(1_000).ShouldBe(-32, 0.5);
        voice.From(7, 0.5).Dbv(1_000).ShouldBe(-20, 0.3, "the far side is silent");
    }

    [Fact]
    public void A_second_phone_takes_three_and_a_half_decibels_and_some_volts_and_a_stuck_relay_the_same_decibels()
    {
        var tone = new Sound(Cue.Lifted, 0, Side.Far, Tried.Sine(1_000, 3, -20));
        var script = Tried.Up(tone) with { SecondPhones = [new(Cue.Lifted, 1, 1_000)] };
        var line = Tried.Run(Tried.Silent, 3, script);
        line.Pair.From(0.5, 0.4).Dbv(1_000).ShouldBe(-20, 0.1);
        line.Pair.From(1.2, 0.4).Dbv(1_000).ShouldBe(-20 + (20 * Math.Log10(2 / 3.0)), 0.1);
        line.Pair.From(2.2, 0.4).Dbv(1_000).ShouldBe(-20, 0.1);
        var volts = Tried.Volts(Tried.Silent with { Feed = new() { SecondPhoneVolts = 3, RippleMillivolts = 0 } }, 3, script);
        (volts[500], volts[1_500], volts[2_500]).ShouldBe((7.5f, 4.5f, 7.5f));
        Tried.Run(Tried.Silent, 1, Tried.Up(tone) with { Fault = LineFault.RelayStuckClosed }).Pair.From(0.5, 0.4).Dbv(1_000).ShouldBe(-20 + (20 * Math.Log10(2 / 3.0)), 0.1);
    }

    [Fact]
    public void What_is_injected_lies_between_two_phones_and_the_agent_hears_himself_by_his_sidetone()
    {
        var played = Array.ConvertAll(Tried.Sine(1_000, 2, ExchangeLine.DbvAtFullScale), s => short.CreateSaturating(s * 32_767 / 2));
        var line = Tried.Run(Tried.Silent, 1.5, Tried.Up(), each: l => { if (l.Now == 0) l.Inject(played.AsSpan(0, 16_000)); });
        line.Stems![CapturePoint.Pair, Stem.Announcement].From(0.5, 0.5).Dbv(1_000).ShouldBe(ExchangeLine.InjectionDbvAtFullScale - 6.02, 0.05);
        var own = Tried.Run(Tried.Silent with { Wire = new() { SidetoneDb = -9 } }, 1, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(1_000, 1, -20))));
        own.AgentEar.From(0.4, 0.5).Dbv(1_000).ShouldBe(-29, 0.1);
    }

    [Fact]
    public void The_current_of_the_phone_and_the_volts_of_the_pair_are_known_together()
    {
        // A constant through 270 + 750 Ω: capacitors carry nothing of it.
        var circuit = new Circuit(Impedance.Plain, Impedance.European);
        for (var i = 0; i < 800; i++) circuit.Solve(1, 0, null, secondPhone: false);
        circuit.Volts.ShouldBe(1_020 / 1_620.0, 1e-6);
        circuit.PhoneAmps.ShouldBe(-1 / 1_620.0, 1e-9);
        for (var i = 0; i < 800; i++) circuit.Solve(0, 1, null, secondPhone: false);
        circuit.PhoneAmps.ShouldBe(1 / 1_620.0, 1e-9);
    }
}
