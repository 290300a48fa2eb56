using System.Runtime.InteropServices;
using Nauha.Audio;
using Nauha.Benchmarks.Accuracy;
using Nauha.Recorder.Tests.Telephony;
using Nauha.Telephony;

namespace Nauha.Benchmarks;

/// <summary>
/// All detectors that a line runs, on the hook and off it, in blocks of 20 ms, against spandsp's dtmf_rx and adsi_rx on the
/// same sound in the same call. There is noise under all of it: no stretch is free because it is silent.
/// </summary>
internal static partial class Hearing
{
    private const int Seconds = 60, Block = 160;

    public static IEnumerable<Row> Rows()
    {
        yield return Row("detectors on the hook: caller IDs", OnHook, Waiting());
        yield return Row("detectors off the hook: a call", OffHook, Talking());
        yield return Row("all detectors at once: a call", Everything, Talking());
    }

    private static Row Row(string what, Action<short[]> ours, short[] sound)
    {
        Console.Error.WriteLine($"{what}...");
        var keys = DtmfInit(0, 0, 0);
        var caller = AdsiInit(0, 2, Marshal.GetFunctionPointerForDelegate(Ignored), 0);
        try
        {
            return Duel.Fight(what, "spandsp dtmf_rx and adsi_rx", Seconds, "x real time", () => ours(sound), () =>
            {
                for (var at = 0; at + Block <= sound.Length; at += Block)
                {
                    _ = Dtmf(keys, ref sound[at], Block);
                    _ = Adsi(caller, ref sound[at], Block);
                }
            });
        }
        finally
        {
            _ = DtmfFree(keys);
            _ = AdsiFree(caller);
        }
    }

    private static void OnHook(short[] samples)
    {
        var (dtmf, fsk, caller, digits, messages) = (new DtmfDetector(), new FskCallerId(), new DtmfCallerId(), new List<DtmfTone>(), new List<CallerIdMessage>());
        for (var at = 0; at + Block <= samples.Length; at += Block)
        {
            var block = samples.AsSpan(at, Block);
            digits.Clear();
            dtmf.Process(block, digits);
            foreach (var digit in digits) _ = caller.Take(digit);
            fsk.Process(block, messages);
        }
    }

    private static void OffHook(short[] samples)
    {
        var (dtmf, tone, speech, music, digits, tones) = (new DtmfDetector(), new ToneDetector(), new SpeechDetector(), new MusicDetector(), new List<DtmfTone>(), new List<ToneEvent>());
        for (var at = 0; at + Block <= samples.Length; at += Block)
        {
            var block = samples.AsSpan(at, Block);
            dtmf.Process(block, digits);
            tone.Process(block, tones);
            speech.Process(block);
            music.Process(block);
        }
    }

    // Each detector once, whatever the hook; the tones of any country, because that is the most work.
    private static void Everything(short[] samples)
    {
        var (dtmf, fsk, caller, digits, messages) = (new DtmfDetector(), new FskCallerId(), new DtmfCallerId(), new List<DtmfTone>(), new List<CallerIdMessage>());
        var (tone, speech, music, tones) = (new ToneDetector(ToneSet.Any), new SpeechDetector(), new MusicDetector(), new List<ToneEvent>());
        var (levels, dial) = (new LevelMeter(), new DialToneMeter());
        for (var at = 0; at + Block <= samples.Length; at += Block)
        {
            var block = samples.AsSpan(at, Block);
            digits.Clear();
            dtmf.Process(block, digits);
            foreach (var digit in digits) _ = caller.Take(digit);
            fsk.Process(block, messages);
            tone.Process(block, tones);
            speech.Process(block);
            music.Process(block);
            _ = dial.Process(block);
            levels.Process(block);
        }
    }

    // Callers by digits, V.23 and Bell 202 in turn, with rests between them.
    private static short[] Waiting()
    {
        var line = new Sounding(3);
        byte[] message = [0x80, 12, 2, 10, .. "0409990123"u8];
        while (line.Count < Seconds * 8_000)
            line.Silence(1_500).Keyed("A0409990123C").Silence(1_500).Fsk(message).Silence(1_500).Fsk(message, 1_200, 2_200);
        return line.Noise(35, -10).Samples()[..(Seconds * 8_000)];
    }

    // Dialling, ringback, then talk.
    private static short[] Talking()
    {
        var line = new Sounding(4).Tone(1_500, -12, 425).Keyed("0409990123").Silence(1_000).Tone(1_000, -14, 425).Silence(4_000);
        var speech = WavFile.Read(Path.Combine(Report.Home(), "../vectors/telephony/v115_negative.wav")).ToPcm(0);
        while (line.Count < Seconds * 8_000) line.Raw(speech.Select(s => (double)s)).Silence(500).Keyed("5", 120, 400);
        return line.Noise(40, -10).Samples()[..(Seconds * 8_000)];
    }

    private delegate void Message(nint user, nint bytes, int count);

    private static readonly Message Ignored = (_, _, _) => { };

    [LibraryImport("libspandsp.so.2", EntryPoint = "dtmf_rx_init")]
    private static partial nint DtmfInit(nint state, nint callback, nint user);

    [LibraryImport("libspandsp.so.2", EntryPoint = "dtmf_rx")]
    private static partial int Dtmf(nint state, ref short samples, int count);

    [LibraryImport("libspandsp.so.2", EntryPoint = "dtmf_rx_free")]
    private static partial int DtmfFree(nint state);

    [LibraryImport("libspandsp.so.2", EntryPoint = "adsi_rx_init")]
    private static partial nint AdsiInit(nint state, int standard, nint message, nint user);

    [LibraryImport("libspandsp.so.2", EntryPoint = "adsi_rx")]
    private static partial int Adsi(nint state, ref short samples, int count);

    [LibraryImport("libspandsp.so.2", EntryPoint = "adsi_rx_free")]
    private static partial int AdsiFree(nint state);
}
