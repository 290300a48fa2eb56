using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// How the talk on a line goes: whether another voice has taken its turn, and whether what sounds is talk at all, or music on
/// hold and the beeps of a queue. Fed block by block (20 ms).
/// </summary>
internal sealed class TalkFlow
{
    private const double Loud = 32_768.0 * 32_768 / 2 * 3e-5;
    private const int PauseBlocks = 8, LeastSpurt = 20;
    private const double AnotherVoice = 4;      // 6 dB

    private readonly MusicDetector _music = new();
    private double _spurt, _last;
    private int _spurtBlocks, _silent;
    private int _side, _other;          // whose turn it is: 1 near, −1 far; how long the other has spoken since

    /// <summary>Ten seconds of music or of beeps, until somebody speaks.</summary>
    public bool IsHold => _music.IsMusic;

    /// <summary>What sounds is a tone or a note, whosever: no voice.</summary>
    public bool Stands => _music.Stands;

    /// <summary>Another voice began to speak, and that was noticed with this block.</summary>
    public bool TurnTaken { get; private set; }

    /// <param name="isKeyed">A key is held: it stands as still as a note and is none.</param>
    /// <param name="near">The two sides of the block, where they are told apart; else empty, and loudness tells voices.</param>
    public void Take(ReadOnlySpan<short> block, bool isSpeech, bool isKeyed, ReadOnlySpan<short> near = default, ReadOnlySpan<short> far = default)
    {
        var power = Power(block);
        Span<short> nothing = stackalloc short[isKeyed ? block.Length : 0];
        nothing.Clear();
        _music.Process(isKeyed ? nothing : block);
        if (near.Length > 0) Sides(Power(near), Power(far), isSpeech && !Stands && power > Loud);
        else Turns(power, isSpeech && !Stands);
        _silent = power > Loud ? 0 : _silent + 1;
    }

    public void Reset()
    {
        _music.Reset();
        (_spurt, _last, _spurtBlocks, _silent, TurnTaken) = (0, 0, 0, 0, false);
        (_side, _other) = (0, 0);
    }

    private static double Power(ReadOnlySpan<short> block)
    {
        double power = 0;
        foreach (var sample in block) power += (double)sample * sample;
        return power / block.Length;
    }

    // Equally loud voices take turns too; who speaks under the other's voice, or as an echo of it, does not.
    private void Sides(double near, double far, bool isTalk)
    {
        TurnTaken = false;
        var side = !isTalk ? 0 : near > far * AnotherVoice ? 1 : far > near * AnotherVoice ? -1 : 0;
        if (side == 0) return;
        if (side == _side) _other = 0;
        else if (++_other == LeastSpurt) (TurnTaken, _side, _other) = (_side != 0, side, 0);
    }

    // A spurt is talk between pauses; its mean loudness is its voice.
    private void Turns(double power, bool isSpeech)
    {
        TurnTaken = false;
        if (isSpeech && power > Loud)
        {
            _spurt += power;
            if (++_spurtBlocks != LeastSpurt) return;
            var voice = _spurt / _spurtBlocks;
            TurnTaken = _last > 0 && (voice > _last * AnotherVoice || voice < _last / AnotherVoice);
            _last = voice;
        }
        else if (_silent >= PauseBlocks)
        {
            (_spurt, _spurtBlocks) = (0, 0);
        }
    }
}
