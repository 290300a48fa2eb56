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
    private bool _held;

    /// <summary>Sound without a pause for ten seconds, until it pauses.</summary>
    public bool IsHold { get; private set; }

    /// <summary>Hold began with this block.</summary>
    public bool HoldBegan { get; private set; }

    /// <summary>Another voice began to speak, and that was noticed with this block.</summary>
    public bool TurnTaken { get; private set; }

    public void Take(ReadOnlySpan<short> block, bool isSpeech)
    {
        double power = 0;
        foreach (var sample in block) power += (double)sample * sample;
        power /= block.Length;
        Turns(power, isSpeech);
        _powers[_at] = power;
        _at = (_at + 1) % Window;
        _filled = Math.Min(_filled + 1, Window);
        _silent = power > Loud ? 0 : _silent + 1;
        Hold();
    }

    public void Reset()
    {
        (_at, _filled, _spurt, _last, _spurtBlocks, _silent, _held, IsHold, HoldBegan, TurnTaken) = (0, 0, 0, 0, 0, 0, false, false, false, false);
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
