using System.Buffers.Binary;

namespace Nauha.Audio;

/// <summary>A WAV file that cannot be read; the message names the file and what was found.</summary>
public sealed class WavFormatException(string message) : Exception(message);

/// <summary>Sound from a WAV file: samples −1 to 1, one array a channel, all of one length.</summary>
public sealed record WavSound(int RateHz, float[][] Channels)
{
    public int Length => Channels[0].Length;

    public double Seconds => (double)Length / RateHz;

    /// <summary>16-bit samples of one channel.</summary>
    public short[] ToPcm(int channel) => Array.ConvertAll(Channels[channel], sample => short.CreateSaturating(MathF.Round(sample * 32_768f)));
}

/// <summary>
/// RIFF WAVE: any PCM that a telephone recorder meets (8 to 48 kHz; 8, 16, 24, 32 bit; float of 32 and 64 bit; A-law and
/// µ-law; mono and stereo; plain and extensible), and nothing else. Written as 16-bit mono with a header of 44 bytes.
/// </summary>
public static class WavFile
{
    public const int HeaderBytes = 44;
    private const long LongestData = 1L << 30;
    private const int Pcm = 1, Float = 3, ALaw = 6, MuLaw = 7, Extensible = 0xFFFE;

    // The tail of KSDATAFORMAT_SUBTYPE_*: only the first two bytes tell the format.
    private static ReadOnlySpan<byte> SubtypeTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    private readonly record struct Layout(int Format, int Channels, int RateHz, int Bits, int Block);

    /// <exception cref="WavFormatException">The file is no WAV of these kinds.</exception>
    public static WavSound Read(string path)
    {
        using var file = File.OpenRead(path);
        return Read(file, Path.GetFileName(path));
    }

    /// <param name="name">What the message calls the file.</param>
    public static WavSound Read(Stream file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        Span<byte> head = stackalloc byte[12];
        if (file.ReadAtLeast(head, 12, throwOnEndOfStream: false) < 12) throw Wrong(name, "is too short for a WAV file");
        if (!head[..4].SequenceEqual("RIFF"u8) || !head[8..].SequenceEqual("WAVE"u8))
            throw Wrong(name, head.StartsWith("RIFX"u8) ? "is a big-endian WAV (RIFX); convert it to RIFF" : head.StartsWith("RF64"u8) ? "is an RF64 file of more than 4 GB; cut it" : "is no WAV file (no RIFF/WAVE head)");
        Layout? layout = null;
        Span<byte> chunk = stackalloc byte[8];
        while (file.ReadAtLeast(chunk, 8, throwOnEndOfStream: false) == 8)
        {
            long size = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith("fmt "u8)) layout = ReadFormat(file, size, name);
            else if (chunk.StartsWith("data"u8)) return ReadData(file, size, layout ?? throw Wrong(name, "has its data before its format"), name);
            else Skip(file, size, name);
            if ((size & 1) == 1) file.ReadByte();
        }
        throw Wrong(name, layout is null ? "has no format chunk" : "has no data chunk");
    }

    /// <summary>Mono, 16 bit.</summary>
    public static void Write(Stream file, int rateHz, ReadOnlySpan<short> samples)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Write(Header(rateHz, samples.Length));
        file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(samples));   // WAV and every machine we run on are little-endian
    }

    /// <summary>The 44 bytes before <paramref name="samples"/> 16-bit mono samples.</summary>
    public static byte[] Header(int rateHz, long samples)
    {
        var bytes = checked((uint)(samples * 2));
        var head = new byte[HeaderBytes];
        "RIFF"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), bytes + 36);
        "WAVEfmt "u8.CopyTo(head.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(16), 16);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(20), Pcm);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(22), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(24), (uint)rateHz);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(28), (uint)rateHz * 2);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(32), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(34), 16);
        "data"u8.CopyTo(head.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(40), bytes);
        return head;
    }

    private static Layout ReadFormat(Stream file, long size, string name)
    {
        if (size is < 16 or > 4_096) throw Wrong(name, $"has a format chunk of {size} bytes");
        var bytes = new byte[size];
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Wrong(name, "ends within its format chunk");
        int format = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2));
        var rate = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4));
        int block = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(12));
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(14));
        if (format == Extensible)
        {
            if (size < 40 || !bytes.AsSpan(26, 14).SequenceEqual(SubtypeTail)) throw Wrong(name, "is an extensible WAV of an unknown subtype");
            format = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(24));
        }
        if (channels is not (1 or 2)) throw Wrong(name, $"has {channels} channels; mono and stereo are read");
        if (rate is < 8_000 or > 48_000) throw Wrong(name, $"has a rate of {rate} Hz; 8,000 to 48,000 are read");
        var known = (format, bits) is (Pcm, 8 or 16 or 24 or 32) or (Float, 32 or 64) or (ALaw or MuLaw, 8);
        if (!known) throw Wrong(name, format is Pcm or Float or ALaw or MuLaw ? $"has {bits} bits a sample, which this format does not have" : $"holds audio of format {format:X4}, not PCM, float, A-law or µ-law");
        if (block != channels * bits / 8) throw Wrong(name, $"says that a sample of all channels has {block} bytes; {channels * bits / 8} would be right");
        return new(format, channels, (int)rate, bits, block);
    }

    private static WavSound ReadData(Stream file, long size, Layout layout, string name)
    {
        // A header of 0 or of all ones was never completed: what is there counts.
        var open = size is 0 or uint.MaxValue;
        if (!open && size > LongestData) throw Wrong(name, $"says that it has {size} bytes of audio, more than 1 GiB");
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (var left = open ? LongestData : size; left > 0;)
        {
            var read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) break;
            bytes.Write(buffer, 0, read);
            left -= read;
        }
        if (!open && bytes.Length < size) throw Wrong(name, $"is cut off: it says {size} bytes of audio and has {bytes.Length}");
        if (bytes.Length < layout.Block) throw Wrong(name, "holds no audio");
        return Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), layout);
    }

    private static WavSound Decode(ReadOnlySpan<byte> data, Layout layout)
    {
        var length = data.Length / layout.Block;
        var width = layout.Bits / 8;
        var channels = new float[layout.Channels][];
        for (var channel = 0; channel < layout.Channels; channel++)
        {
            var samples = channels[channel] = new float[length];
            for (var i = 0; i < length; i++) samples[i] = Sample(data.Slice((i * layout.Block) + (channel * width), width), layout);
        }
        return new(layout.RateHz, channels);
    }

    private static float Sample(ReadOnlySpan<byte> bytes, Layout layout)
    {
        var value = (layout.Format, layout.Bits) switch
        {
            (Pcm, 8) => (bytes[0] - 128) / 128f,
            (Pcm, 16) => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32_768f,
            (Pcm, 24) => (bytes[0] | (bytes[1] << 8) | ((sbyte)bytes[2] << 16)) / 8_388_608f,
            (Pcm, _) => BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2_147_483_648f,
            (Float, 32) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            (Float, _) => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            (ALaw, _) => G711.FromALaw(bytes[0]) / 32_768f,
            _ => G711.FromMuLaw(bytes[0]) / 32_768f,
        };
        return float.IsFinite(value) ? Math.Clamp(value, -1, 1) : 0;
    }

    private static void Skip(Stream file, long size, string name)
    {
        var buffer = new byte[4_096];
        for (var left = size; left > 0;)
        {
            var read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) throw Wrong(name, "ends within a chunk before its data");
            left -= read;
        }
    }

    private static WavFormatException Wrong(string name, string finding) => new($"{name} {finding}.");
}
