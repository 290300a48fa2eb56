namespace Nauha.Recorder.Calls;

/// <summary>
/// How the talk on a line goes: whether another voice has taken its turn, and whether what sounds is talk at all. People
/// pause and their loudness comes and goes; music on hold sounds on and on. Fed block by block (20 ms).
/// </summary>
internal sealed class TalkFlow
{
    private const int Window = 500;             // 10 s
    private const double Loud = 32_768.0 * 32_768 / 2 * 3e-5;
    private const double Valley = 0.1;          // 10 dB under the mean
    private const int FewValleys = 20;          // 4 % of the window: speech has 20 % and more
    private const int PauseBlocks = 8, LeastSpurt = 20;
    private const double AnotherVoice = 4;      // 6 dB

    private readonly double[] _powers = new double[Window];
    private int _at, _filled;
    private double _spurt, _last;
    private int _spurtBlocks, _silent;
    private int _side, _other;          // whose turn it is: 1 near, −1 far; how long the other has spoken since
    private bool _held;

    /// <summary>Sound without a pause for ten seconds, until it pauses.</summary>
    public bool IsHold { get; private set; }

    /// <summary>Hold began with this block.</summary>
    public bool HoldBegan { get; private set; }

    /// <summary>Another voice began to speak, and that was noticed with this block.</summary>
    public bool TurnTaken { get; private set; }

    /// <param name="near">The two sides of the block, where they are told apart; else empty, and loudness tells voices.</param>
    public void Take(ReadOnlySpan<short> block, bool isSpeech, ReadOnlySpan<short> near = default, ReadOnlySpan<short> far = default)
    {
        var power = Power(block);
        if (near.Length > 0) Sides(Power(near), Power(far), isSpeech && power > Loud);
        else Turns(power, isSpeech);
        _powers[_at] = power;
        _at = (_at + 1) % Window;
        _filled = Math.Min(_filled + 1, Window);
        _silent = power > Loud ? 0 : _silent + 1;
        Hold();
    }

    public void Reset()
    {
        (_side, _other) = (0, 0);
        (_at, _filled, _spurt, _last, _spurtBlocks, _silent, _held, IsHold, HoldBegan, TurnTaken) = (0, 0, 0, 0, 0, 0, false, false, false, false);
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

    private void Hold()
    {
        HoldBegan = false;
        if (_filled < Window || _silent > 0)
        {
            if (_silent > PauseBlocks) (IsHold, _held, _filled) = (false, false, 0);
            return;
        }
        double mean = 0;
        foreach (var power in _powers) mean += power / Window;
        var valleys = 0;
        foreach (var power in _powers)
            if (power < mean * Valley) valleys++;
        IsHold = mean > Loud && valleys < FewValleys;
        HoldBegan = IsHold && !_held;
        _held = IsHold;
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
