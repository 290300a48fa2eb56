using Nauha.Recorder.Ports;
using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// The agent's code for masking, on a line that tells its sides apart. A key counts only if in four fifths of its blocks its two
/// tones are 6 dB stronger on the near side than on the far one: a caller's key, or one that the port regenerates for him, may
/// be as loud as it likes. What was keyed is in memory only, and forgotten after 3 s, with the code and with the call.
/// </summary>
/// <param name="code">Two to four of 0-9, * and #.</param>
internal sealed class MaskCode(string code)
{
    private const int Blocks = 512;                     // 10 s: of a key that is held longer, its end
    private const int Half = SampleBlock.Length / 2;    // at an edge a block counts where the key fills half of it
    private const long Patience = 3 * 8_000;
    private const float Margin = 3.98f;                 // 6 dB
    private const int Share = 80;                       // per cent

    private readonly long[] _at = new long[Blocks];
    private readonly float[] _near = new float[Blocks * KeyPowers.Count], _far = new float[Blocks * KeyPowers.Count];
    private readonly char[] _keyed = new char[code.Length];
    private int _next, _filled, _count;
    private long _keyedUntil;

    /// <summary>One block of either side, at its line time.</summary>
    public void Hear(long first, ReadOnlySpan<short> near, ReadOnlySpan<short> far)
    {
        _at[_next] = first;
        KeyPowers.Of(near, _near.AsSpan(_next * KeyPowers.Count, KeyPowers.Count));
        KeyPowers.Of(far, _far.AsSpan(_next * KeyPowers.Count, KeyPowers.Count));
        _next = (_next + 1) % Blocks;
        _filled = Math.Min(_filled + 1, Blocks);
    }

    /// <summary>A key that has ended, in line time. True: with it the agent's code is complete.</summary>
    public bool Take(DtmfTone key)
    {
        if (!IsNear(key)) return false;
        if (key.At - _keyedUntil > Patience) _count = 0;
        _keyedUntil = key.At + key.Samples;
        if (_count == code.Length)
        {
            _keyed.AsSpan(1).CopyTo(_keyed);
            _count--;
        }
        _keyed[_count++] = key.Digit;
        if (!code.AsSpan().SequenceEqual(_keyed.AsSpan(0, _count))) return false;
        _count = 0;
        return true;
    }

    private bool IsNear(DtmfTone key)
    {
        var (near, all) = (0, 0);
        for (var back = 1; back <= _filled; back++)
        {
            var slot = (_next - back + Blocks) % Blocks;
            if (_at[slot] + SampleBlock.Length <= key.At) break;
            if (Math.Min(_at[slot] + SampleBlock.Length, key.At + key.Samples) - Math.Max(_at[slot], key.At) < Half) continue;
            all++;
            var tones = slot * KeyPowers.Count;
            if (KeyPowers.At(key.Digit, _near.AsSpan(tones, KeyPowers.Count)) >= Margin * KeyPowers.At(key.Digit, _far.AsSpan(tones, KeyPowers.Count))) near++;
        }
        return all > 0 && near * 100 >= all * Share;
    }

    /// <summary>The call is over.</summary>
    public void Forget()
    {
        Array.Clear(_keyed);
        (_filled, _count) = (0, 0);
    }
}
