using CsCheck;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>EN 300 659-1 over V.23, and Bell 202: what a worn line and a free sender do to it. A hundred messages a point, seeded.</summary>
public sealed class FskReceiving
{
    private static readonly (double Mark, double Space) V23 = (1_300, 2_100), Bell202 = (1_200, 2_200);

    private static byte[] Message(string number) => [0x80, (byte)(12 + number.Length), 1, 8, .. "03170845"u8, 2, (byte)number.Length, .. number.Select(c => (byte)c)];

    private static List<CallerIdMessage> Hear(short[] samples)
    {
        var (receiver, messages) = (new FskCallerId(), new List<CallerIdMessage>());
        receiver.Process(samples, messages);
        receiver.Finish(messages);
        return messages;
    }

    private static void Right(CallerIdStandard standard, double least, Func<Sounding, byte[], (double Mark, double Space), Sounding> make)
    {
        var right = 0;
        for (var seed = 0; seed < 100; seed++)
        {
            var number = $"040{1_234_567 + (seed * 7_919)}";
            var sounding = new Sounding(seed).Silence(150 + (seed % 29 * 0.7));
            var at = sounding.Count;
            var heard = Hear(make(sounding, Message(number), standard == CallerIdStandard.V23 ? V23 : Bell202).Samples());
            heard.Count.ShouldBeLessThanOrEqualTo(1);
            if (heard.Count == 0) continue;
            heard[0].Number.ShouldBe(number);
            heard[0].DateTime.ShouldBe("03170845");
            heard[0].Standard.ShouldBe(standard);
            heard[0].At.ShouldBeInRange(at - 240, at + 240, "within 30 ms");
            right++;
        }
        right.ShouldBeGreaterThanOrEqualTo((int)Math.Ceiling(least * 100));
    }

    [Theory]
    [InlineData(CallerIdStandard.V23, 12, 0.99)]
    [InlineData(CallerIdStandard.V23, 10, 0.99)]
    [InlineData(CallerIdStandard.V23, 8, 0.99)]
    [InlineData(CallerIdStandard.V23, 6, 0.95)]
    [InlineData(CallerIdStandard.Bell202, 10, 0.99)]
    [InlineData(CallerIdStandard.Bell202, 8, 0.98)]
    public void Noise_is_borne(CallerIdStandard standard, double db, double least) =>
        Right(standard, least, (s, m, f) => s.Fsk(m, f.Mark, f.Space).Silence(150).Noise(db, -14));

    [Theory]
    [InlineData(CallerIdStandard.V23)]
    [InlineData(CallerIdStandard.Bell202)]
    public void Any_level_a_line_has_is_enough(CallerIdStandard standard)
    {
        foreach (var dbm0 in (double[])[0, -20, -40, -48]) Right(standard, 1, (s, m, f) => s.Fsk(m, f.Mark, f.Space, dbm0).Silence(150));
    }

    [Theory]
    [InlineData(-0.015)]
    [InlineData(0.015)]
    public void A_sender_off_by_1_5_percent_is_understood(double off)
    {
        Right(CallerIdStandard.V23, 0.99, (s, m, f) => s.Fsk(m, f.Mark * (1 + off), f.Space * (1 + off)).Silence(150).Noise(15, -14));
        Right(CallerIdStandard.Bell202, 0.99, (s, m, f) => s.Fsk(m, f.Mark * (1 + off), f.Space * (1 + off)).Silence(150).Noise(15, -14));
        Right(CallerIdStandard.V23, 0.99, (s, m, f) => s.Fsk(m, baud: 1_200 * (1 + (off / 1.5))).Silence(150).Noise(15, -14));
    }

    [Theory]
    [InlineData(-0.04, 0)]
    [InlineData(0.04, 0)]
    [InlineData(0, -0.03)]
    [InlineData(0, 0.03)]
    public void A_sender_far_off_in_pitch_or_in_speed_is_understood(double pitch, double speed)
    {
        Right(CallerIdStandard.V23, 0.99, (s, m, f) => s.Fsk(m, f.Mark * (1 + pitch), f.Space * (1 + pitch), baud: 1_200 * (1 + speed)).Silence(150).Noise(20, -14));
        Right(CallerIdStandard.Bell202, 0.99, (s, m, f) => s.Fsk(m, f.Mark * (1 + pitch), f.Space * (1 + pitch), baud: 1_200 * (1 + speed)).Silence(150).Noise(20, -14));
    }

    [Theory]
    [InlineData(100, 45)]
    [InlineData(88, 150)]
    [InlineData(110, 500)]
    public void An_alerting_signal_of_two_tones_before_it_takes_nothing(double alertMs, double restMs)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var sounding = new Sounding(seed).Silence(300).Tone(alertMs, -15, 2_130, 2_750).Silence(restMs);
            var at = sounding.Count;
            foreach (var (mark, space) in ((double, double)[])[(1_300, 2_100), (1_200, 2_200)])
            {
                var alerted = new Sounding(seed).Raw(sounding.Samples().Select(s => (double)s));
                var message = Hear(alerted.Fsk(Message("0409990123"), mark, space).Silence(150).Noise(20, -14).Samples()).ShouldHaveSingleItem();
                (message.Number, message.Standard).ShouldBe(("0409990123", mark == 1_300 ? CallerIdStandard.V23 : CallerIdStandard.Bell202));
                message.At.ShouldBeInRange(at - 240, at + 240, "the message's beginning, not the alert's");
            }
        }
    }

    [Theory]
    [InlineData(500, 1_300, 2_100)]
    [InlineData(600, 1_300, 2_100)]
    [InlineData(800, 1_300, 2_100)]
    [InlineData(500, 1_200, 2_200)]
    [InlineData(600, 1_200, 2_200)]
    [InlineData(800, 1_200, 2_200)]
    public void A_ring_pulse_before_it_takes_nothing(double restMs, double mark, double space)
    {
        // RP-AS: 25 Hz for 250 ms, as loud as the tap lets it be, then 500 to 800 ms.
        var sounding = new Sounding().Silence(300).Tone(250, 0, 25).Silence(restMs);
        var at = sounding.Count;
        var message = Hear(sounding.Fsk(Message("0409990123"), mark, space, dbm0: -25).Silence(150).Samples()).ShouldHaveSingleItem();
        (message.Number, message.Standard, message.At >= at - 240 && message.At <= at + 240).ShouldBe(("0409990123", mark == 1_300 ? CallerIdStandard.V23 : CallerIdStandard.Bell202, true));
    }

    [Fact]
    public void A_short_seizure_a_short_rest_and_long_stops_are_understood()
    {
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, seizure: 60).Silence(150).Noise(15, -14));
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, seizure: 96, marks: 55).Silence(150).Noise(15, -14));
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, marks: 180.5).Silence(150).Noise(15, -14));
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, stops: 1.5).Silence(150).Noise(15, -14));
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, stops: 2).Silence(150).Noise(15, -14));
    }

    [Fact]
    public void Mark_and_space_need_not_be_equally_loud()
    {
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, spaceDb: 4).Silence(150).Noise(20, -14));
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m, spaceDb: -4).Silence(150).Noise(20, -14));
    }

    [Fact]
    public void Hum_as_loud_as_the_message_is_borne()
    {
        Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m).Silence(150).OverTone(-14, 50));
        Right(CallerIdStandard.Bell202, 0.99, (s, m, f) => s.Fsk(m, f.Mark, f.Space).Silence(150).OverTone(-14, 50));
    }

    [Fact]
    public void An_echo_is_borne() => Right(CallerIdStandard.V23, 0.99, (s, m, _) => s.Fsk(m).Silence(150).Echo(20, -12).Noise(30, -14));

    [Fact]
    public void A_byte_that_was_changed_on_the_way_takes_the_message_with_it()
    {
        var message = Message("0401234567");
        for (var i = 0; i <= message.Length; i++) Hear(new Sounding(i).Silence(100).Fsk(message, faulty: i).Silence(200).Samples()).ShouldBeEmpty();
    }

    [Fact]
    public void Two_messages_are_two() =>
        Hear(new Sounding().Silence(100).Fsk(Message("0401234567")).Silence(300).Fsk(Message("0407654321")).Silence(100).Samples()).Select(m => m.Number).ShouldBe(["0401234567", "0407654321"]);

    [Fact]
    public void Message_waiting_is_known_and_is_no_caller()
    {
        foreach (var (mark, space) in ((double, double)[])[V23, Bell202])
        {
            var (receiver, messages) = (new FskCallerId(), new List<CallerIdMessage>());
            receiver.MessageWaiting.ShouldBeNull();
            Tell([0x82, 3, 0x0B, 1, 0xFF]);
            receiver.MessageWaiting.ShouldBe(true);
            Tell([0x82, 3, 0x0B, 1, 0x00]);
            receiver.MessageWaiting.ShouldBe(false);
            Tell([0x06, 3, 0x42, 0x42, 0x42]);
            receiver.MessageWaiting.ShouldBe(true);
            // A message that calls itself a call, but is of the type of a waiting message, with the number that left it.
            Tell([0x80, 18, 0x11, 1, 0x81, 0x0B, 1, 0x00, 2, 10, .. "0409990123"u8]);
            receiver.MessageWaiting.ShouldBe(false);
            messages.ShouldBeEmpty();

            void Tell(byte[] message) => receiver.Process(new Sounding().Silence(100).Fsk(message, mark, space).Silence(200).Samples(), messages);
        }
    }

    [Fact]
    public void A_number_in_the_single_format_is_read()
    {
        var message = Hear(new Sounding().Silence(100).Fsk([0x04, 18, .. "031708450409990123"u8], 1_200, 2_200).Silence(100).Samples()).ShouldHaveSingleItem();
        (message.Number, message.DateTime, message.Absence).ShouldBe(("0409990123", "03170845", null));
        Hear(new Sounding().Silence(100).Fsk([0x04, 9, .. "03170845P"u8], 1_200, 2_200).Silence(100).Samples()).ShouldHaveSingleItem().Absence.ShouldBe(CallerIdAbsence.Restricted);
    }

    [Fact]
    public void All_parameters_are_read_and_unknown_ones_passed_over()
    {
        byte[] body = [0x11, 1, 1, 1, 8, .. "12241800"u8, 0x55, 3, 9, 9, 9, 2, 11, .. "+3584012345"u8, 7, 8, .. "M[KEL\\}~"u8, 0x1A, 4, .. "1234"u8];
        var message = Hear(new Sounding().Silence(100).Fsk([0x80, (byte)body.Length, .. body]).Silence(100).Samples()).ShouldHaveSingleItem();
        (message.Number, message.Name, message.DateTime, message.Redirecting, message.Absence).ShouldBe(("+3584012345", "MÄKELÖåü", "12241800", "1234", null));
        message.Raw.ShouldStartWith("80");
    }

    [Theory]
    [InlineData("P", CallerIdAbsence.Restricted)]
    [InlineData("O", CallerIdAbsence.Unavailable)]
    [InlineData("x", CallerIdAbsence.Unavailable)]
    public void No_number_says_why(string code, CallerIdAbsence absence)
    {
        var message = Hear(new Sounding().Silence(100).Fsk([0x80, 3, 4, 1, (byte)code[0]]).Silence(100).Samples()).ShouldHaveSingleItem();
        (message.Number, message.Absence).ShouldBe((null, absence));
    }

    [Theory]
    [InlineData("MATTI M[KEL[INEN", "MATTI MÄKELÄINEN")]
    [InlineData("[KE ]KERBL]M", "ÄKE ÅKERBLÅM")]
    [InlineData("{|}~[\\]^", "äöåüÄÖÅÜ")]
    [InlineData("Andr` @berg", "André Éberg")]
    public void National_letters_are_letters(string sent, string read)
    {
        byte[] name = [.. sent.Select(c => (byte)c)];
        var message = Hear(new Sounding().Silence(100).Fsk([0x80, (byte)(name.Length + 2), 7, (byte)name.Length, .. name]).Silence(100).Samples()).ShouldHaveSingleItem();
        (message.Name, message.Number).ShouldBe((read, null));
    }

    [Fact]
    public void No_message_whatever_makes_the_reader_throw() =>
        Gen.Byte.Array[0, 60].Sample(body =>
        {
            var messages = Hear(new Sounding().Silence(60).Fsk([0x80, (byte)body.Length, .. body], seizure: 60, marks: 60).Silence(60).Samples());
            messages.Count.ShouldBeLessThanOrEqualTo(1);
        }, iter: 200);
}
