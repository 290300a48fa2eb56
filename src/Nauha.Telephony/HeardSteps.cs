namespace Nauha.Telephony;

/// <summary>
/// Joins blocks of any size into steps of one length, takes the hum off, and keeps the last of what was heard in one piece.
/// A step falls on the same samples however the blocks are cut.
/// </summary>
/// <param name="step">Samples a step: a multiple of <see cref="HumFilter.Together"/>.</param>
/// <param name="kept">Samples that are kept besides the newest step.</param>
internal sealed class HeardSteps(int step, int kept)
{
    private readonly HumFilter _hum = new();
    private readonly short[] _step = new short[step];
    private readonly float[] _heard = new float[4 * (kept + step)];
    private int _filled;
    private int _end = kept;

    public int Kept { get; } = kept;

    /// <summary>Samples in whole steps so far.</summary>
    public long At { get; private set; }

    /// <summary>Takes what completes one step; true when it is complete: take the step, then call again.</summary>
    public bool Take(ref ReadOnlySpan<short> samples)
    {
        ReadOnlySpan<short> whole = _step;
        if (_filled == 0 && samples.Length >= _step.Length)
        {
            whole = samples[.._step.Length];
            samples = samples[_step.Length..];
        }
        else if (!Fill(ref samples))
        {
            return false;
        }
        if (_end + _step.Length > _heard.Length)
        {
            _heard.AsSpan(_end - Kept, Kept).CopyTo(_heard);
            _end = Kept;
        }
        _hum.Take(whole, _heard.AsSpan(_end, _step.Length));
        _end += _step.Length;
        At += _step.Length;
        return true;
    }

    private bool Fill(ref ReadOnlySpan<short> samples)
    {
        var count = Math.Min(_step.Length - _filled, samples.Length);
        samples[..count].CopyTo(_step.AsSpan(_filled));
        samples = samples[count..];
        _filled += count;
        if (_filled < _step.Length) return false;
        _filled = 0;
        return true;
    }

    /// <summary>The last <paramref name="count"/> samples; silence before the first.</summary>
    public ReadOnlySpan<float> Last(int count) => _heard.AsSpan(_end - count, count);
}
