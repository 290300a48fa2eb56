namespace Nauha.Audio;

/// <summary>ITU-T G.711: the network's own 8-bit samples, A-law and µ-law, to and from 16-bit linear.</summary>
public static class G711
{
    private static readonly short[] ALaw = [.. Enumerable.Range(0, 256).Select(code => ExpandALaw((byte)code))];
    private static readonly short[] MuLaw = [.. Enumerable.Range(0, 256).Select(code => ExpandMuLaw((byte)code))];

    public static short FromALaw(byte code) => ALaw[code];

    public static short FromMuLaw(byte code) => MuLaw[code];

    /// <summary>The nearest code below in magnitude, as the tables of G.711 §3 decide it.</summary>
    public static byte ToALaw(short sample)
    {
        var sign = sample >= 0 ? 0x80 : 0;
        var size = Math.Min(sample >= 0 ? sample >> 4 : (~sample) >> 4, 0x7FF);
        var exponent = size < 16 ? 0 : int.Log2(size) - 3;
        var code = exponent == 0 ? size : (exponent << 4) | ((size >> (exponent - 1)) & 0x0F);
        return (byte)((sign | code) ^ 0x55);
    }

    public static byte ToMuLaw(short sample)
    {
        const int bias = 0x84;
        var sign = sample >= 0 ? 0x80 : 0;
        var size = Math.Min(sample >= 0 ? (int)sample : ~sample, 32_635) + bias;
        var exponent = int.Log2(size) - 7;
        return (byte)(sign | (~((exponent << 4) | ((size >> (exponent + 3)) & 0x0F)) & 0x7F));
    }

    private static short ExpandALaw(byte code)
    {
        var bits = code ^ 0x55;
        var exponent = (bits >> 4) & 7;
        var size = ((bits & 0x0F) << 4) + 8;
        if (exponent > 0) size = (size + 0x100) << (exponent - 1);
        return (short)((bits & 0x80) != 0 ? size : -size);
    }

    private static short ExpandMuLaw(byte code)
    {
        var bits = ~code;
        var size = ((((bits & 0x0F) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
        return (short)((bits & 0x80) != 0 ? -size : size);
    }
}
