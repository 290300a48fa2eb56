using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nauha.Audio;

/// <summary>libopus could not be loaded, or refused.</summary>
public sealed class OpusException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Speech as Opus at 8 kHz mono, 20 ms a packet, hard CBR: every packet has the same length, whatever is said. libopus by
/// P/Invoke; no allocation per packet. Not for two threads at once.
/// </summary>
public sealed class OpusEncoder : IDisposable
{
    public const int RateHz = 8_000;
    public const int PacketSamples = 160;

    private readonly OpusEncoderHandle _encoder;

    /// <param name="bitsPerSecond">6,000 to 64,000; 24,000 makes packets of 60 bytes.</param>
    /// <param name="complexity">0 to 10.</param>
    /// <exception cref="OpusException">libopus is missing or refused the values.</exception>
    public OpusEncoder(int bitsPerSecond = 24_000, int complexity = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bitsPerSecond, 6_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bitsPerSecond, 64_000);
        _encoder = LibOpus.Loaded(() =>
        {
            var handle = LibOpus.CreateEncoder(RateHz, 1, LibOpus.ApplicationAudio, out var error);
            return error == 0 ? handle : throw new OpusException($"libopus made no encoder: error {error}");
        });
        PacketBytes = bitsPerSecond / 400;
        Set(LibOpus.SetBitrate, bitsPerSecond);
        Set(LibOpus.SetVbr, 0);
        Set(LibOpus.SetDtx, 0);
        Set(LibOpus.SetSignal, LibOpus.SignalVoice);
        Set(LibOpus.SetComplexity, complexity);
        if (LibOpus.EncoderGet(_encoder, LibOpus.GetLookahead, out var lookahead) != 0) throw new OpusException("libopus does not say its delay");
        PreSkip = lookahead;
    }

    /// <summary>Bytes of every packet.</summary>
    public int PacketBytes { get; }

    /// <summary>Samples by which the decoded sound is late.</summary>
    public int PreSkip { get; }

    /// <summary>Encodes 160 samples.</summary>
    /// <returns>Bytes written: always <see cref="PacketBytes"/>.</returns>
    public int Encode(ReadOnlySpan<short> samples, Span<byte> packet)
    {
        if (samples.Length != PacketSamples) throw new ArgumentException($"a packet has {PacketSamples} samples", nameof(samples));
        if (packet.Length < PacketBytes) throw new ArgumentException($"a packet needs {PacketBytes} bytes", nameof(packet));
        var length = LibOpus.Encode(_encoder, ref MemoryMarshal.GetReference(samples), PacketSamples, ref MemoryMarshal.GetReference(packet), PacketBytes);
        return length == PacketBytes ? length : throw new OpusException($"libopus made a packet of {length} bytes, not {PacketBytes}");
    }

    /// <summary>Begins anew, as a fresh encoder would.</summary>
    public void Reset()
    {
        if (LibOpus.EncoderDo(_encoder, LibOpus.ResetState) != 0) throw new OpusException("libopus did not begin anew");
    }

    private void Set(int request, int value)
    {
        if (LibOpus.EncoderSet(_encoder, request, value) is var error and not 0) throw new OpusException($"libopus refused {value} for request {request}: error {error}");
    }

    public void Dispose() => _encoder.Dispose();
}

/// <summary>Decodes what <see cref="OpusEncoder"/> made.</summary>
public sealed class OpusDecoder : IDisposable
{
    private readonly OpusDecoderHandle _decoder = LibOpus.Loaded(() =>
    {
        var handle = LibOpus.CreateDecoder(OpusEncoder.RateHz, 1, out var error);
        return error == 0 ? handle : throw new OpusException($"libopus made no decoder: error {error}");
    });

    /// <summary>Decodes one packet; an empty one stands for a lost packet and is concealed.</summary>
    /// <returns>Samples written, or −1 where the packet makes no sense.</returns>
    public int Decode(ReadOnlySpan<byte> packet, Span<short> samples)
    {
        var length = packet.IsEmpty
            ? LibOpus.Conceal(_decoder, 0, 0, ref MemoryMarshal.GetReference(samples), Math.Min(samples.Length, OpusEncoder.PacketSamples), 0)
            : LibOpus.Decode(_decoder, ref MemoryMarshal.GetReference(packet), packet.Length, ref MemoryMarshal.GetReference(samples), samples.Length, 0);
        return length < 0 ? -1 : length;
    }

    public void Reset()
    {
        if (LibOpus.DecoderDo(_decoder, LibOpus.ResetState) != 0) throw new OpusException("libopus did not begin anew");
    }

    public void Dispose() => _decoder.Dispose();
}

internal sealed class OpusEncoderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyEncoder(handle);
        return true;
    }
}

internal sealed class OpusDecoderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyDecoder(handle);
        return true;
    }
}

/// <summary>opus.h, as far as we need it. The ctl calls are variadic in C; with one int they pass as fixed on x86-64 and arm64.</summary>
internal static partial class LibOpus
{
    private const string Library = "libopus.so.0";

    // audio, not voip: voip filters away what lies under the voice, and a recording keeps what was there.
    public const int ApplicationAudio = 2049;
    public const int SignalVoice = 3001;
    public const int SetBitrate = 4002, SetVbr = 4006, SetComplexity = 4010, SetDtx = 4016, SetSignal = 4024, GetLookahead = 4027, ResetState = 4028;

    public static T Loaded<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (DllNotFoundException e)
        {
            throw new OpusException("libopus is missing; install the Debian package libopus0", e);
        }
    }

    [LibraryImport(Library, EntryPoint = "opus_encoder_create")]
    internal static partial OpusEncoderHandle CreateEncoder(int rate, int channels, int application, out int error);

    [LibraryImport(Library, EntryPoint = "opus_encoder_destroy")]
    internal static partial void DestroyEncoder(nint encoder);

    [LibraryImport(Library, EntryPoint = "opus_encode")]
    internal static partial int Encode(OpusEncoderHandle encoder, ref short pcm, int frameSize, ref byte data, int maxBytes);

    [LibraryImport(Library, EntryPoint = "opus_encoder_ctl")]
    internal static partial int EncoderSet(OpusEncoderHandle encoder, int request, int value);

    [LibraryImport(Library, EntryPoint = "opus_encoder_ctl")]
    internal static partial int EncoderGet(OpusEncoderHandle encoder, int request, out int value);

    [LibraryImport(Library, EntryPoint = "opus_encoder_ctl")]
    internal static partial int EncoderDo(OpusEncoderHandle encoder, int request);

    [LibraryImport(Library, EntryPoint = "opus_decoder_create")]
    internal static partial OpusDecoderHandle CreateDecoder(int rate, int channels, out int error);

    [LibraryImport(Library, EntryPoint = "opus_decoder_destroy")]
    internal static partial void DestroyDecoder(nint decoder);

    [LibraryImport(Library, EntryPoint = "opus_decode")]
    internal static partial int Decode(OpusDecoderHandle decoder, ref byte data, int length, ref short pcm, int frameSize, int decodeFec);

    [LibraryImport(Library, EntryPoint = "opus_decode")]
    internal static partial int Conceal(OpusDecoderHandle decoder, nint none, int length, ref short pcm, int frameSize, int decodeFec);

    [LibraryImport(Library, EntryPoint = "opus_decoder_ctl")]
    internal static partial int DecoderDo(OpusDecoderHandle decoder, int request);
}
