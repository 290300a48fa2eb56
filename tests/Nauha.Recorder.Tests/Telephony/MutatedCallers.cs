using CsCheck;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>Caller IDs of the vectors, changed at random: in their bytes, in their digits, in their sound. Whatever is then read is well formed.</summary>
public sealed class MutatedCallers
{
    private static readonly CallerIdMessage[] Sent =
        [.. Directory.GetFiles(TestVectors.Folder(), "*.wav").Where(f => f.Contains("clip", StringComparison.Ordinal) || f.Contains("fsk", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .SelectMany(f => LineAnalysis.Analyze(TestVectors.Samples(f), onHook: true).OfType<Finding.Caller>()).Select(c => c.Message)];

    private static readonly byte[][] Messages = [.. Sent.Where(m => m.Standard != CallerIdStandard.Dtmf).Select(m => Convert.FromHexString(m.Raw))];
    private static readonly string[] Digits = [.. Sent.Where(m => m.Standard == CallerIdStandard.Dtmf).Select(m => m.Raw)];

    private static void WellFormed(CallerIdMessage message)
    {
        foreach (var number in (string?[])[message.Number, message.Redirecting])
            if (number is not null) (number.Length is > 0 and <= 24 && number.All(c => char.IsAsciiDigit(c) || c is '+' or '*' or '#')).ShouldBeTrue(number);
        if (message.DateTime is { } date) (date.Length == 8 && date.All(char.IsAsciiDigit)).ShouldBeTrue(date);
        if (message.Name is { } name) name.ShouldAllBe(c => !char.IsControl(c));
        if (message.Number is not null) message.Absence.ShouldBeNull();
        Enum.IsDefined(message.Standard).ShouldBeTrue();
        LineAnalysis.ToJson(new Finding.Caller(message), 1).ShouldStartWith("{");
    }

    // Some bytes written over, some taken out, some put in, and the end cut off.
    private static Gen<T[]> Changed<T>(T[][] messages, Gen<T> one) =>
        Gen.Select(Gen.Int[0, messages.Length - 1], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 300], one).Array[0, 6], Gen.Int[0, 12]).Select((which, changes, cut) =>
        {
            var message = messages[which].ToList();
            foreach (var (how, where, value) in changes)
            {
                if (message.Count == 0) break;
                var at = where % message.Count;
                if (how == 0) message[at] = value;
                else if (how == 1) message.RemoveAt(at);
                else message.Insert(at, value);
            }
            return cut < 3 && message.Count > cut ? message[..^cut].ToArray() : [.. message];
        });

    [Fact]
    public void The_vectors_hold_both_kinds() => (Messages.Length > 15, Digits.Length > 10).ShouldBe((true, true));

    [Fact]
    public void Changed_bytes_with_a_right_checksum_are_read_well_formed_or_not_at_all() =>
        Changed(Messages, Gen.Byte).Sample(bytes =>
        {
            // The sounding adds the checksum: what is read is judged by its content alone.
            var (receiver, messages) = (new FskCallerId(), new List<CallerIdMessage>());
            receiver.Process(new Sounding().Silence(60).Fsk(bytes.Length == 0 ? [0x80] : bytes[..^1], seizure: 60, marks: 60).Silence(60).Samples(), messages);
            receiver.Finish(messages);
            foreach (var message in messages) WellFormed(message);
        }, iter: 500);

    [Fact]
    public void Changed_digits_are_read_well_formed_or_not_at_all() =>
        Changed([.. Digits.Select(d => d.ToCharArray())], Gen.Char["0123456789ABCD*#"]).Sample(digits =>
        {
            var (caller, at) = (new DtmfCallerId(), 0L);
            foreach (var digit in digits)
            {
                if (caller.Take(new(at, digit, 560)) is { } message) WellFormed(message);
                at += 1_120;
            }
        }, iter: 5_000);

    [Fact]
    public void Changed_sound_is_read_well_formed_or_not_at_all()
    {
        var files = Directory.GetFiles(TestVectors.Folder(), "*.wav").Order(StringComparer.Ordinal).Select(f => TestVectors.Samples(f)).ToArray();
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Int[0, files.Length - 1], Gen.Int[0, 20_000], Gen.Int[0, 20_000], Gen.Int[0, 4]).Sample((one, other, from, count, how) =>
        {
            var sound = files[one].ToArray();
            var begin = from % sound.Length;
            var end = Math.Min(sound.Length, begin + count);
            for (var n = begin; n < end; n++)
            {
                sound[n] = how switch
                {
                    0 => 0,
                    1 => short.CreateSaturating(-sound[n]),
                    2 => short.CreateSaturating(sound[n] * 8),
                    3 => files[other][n % files[other].Length],
                    _ => short.CreateSaturating(sound[n] + files[other][n % files[other].Length]),
                };
            }
            foreach (var found in LineAnalysis.Analyze(sound, onHook: true).OfType<Finding.Caller>()) WellFormed(found.Message);
        }, iter: 60);
    }
}
