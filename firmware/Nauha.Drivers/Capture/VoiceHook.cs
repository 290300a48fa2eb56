using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Capture;

/// <summary>
/// A hook for taps that show none (a handset tap on a digital telephone): sound is a call, 20 s without any is none. It is
/// blind: a cut pair, a dead telephone and a resting one are all the same to it, rings are not seen, and a call in which
/// nobody speaks for 20 s becomes two. Where volts or a contact can be had, they are the better hook.
/// </summary>
public sealed class VoiceHook : IHookSense
{
    private const double SoundDbv = -48, Over = 12;     // a line's noise is −65 dBV and less
    private const int Enough = 5;                       // 100 ms: a click is no call
    private const int Hang = 20 * 50;
    private const double Follow = 1.0 / 500, Drop = 1.0 / 25;

    private readonly double _least;
    private double _floor;
    private int _loud, _quiet;
    private bool _up;

    /// <param name="dbvAtFullScale">Of the samples it is shown.</param>
    public VoiceHook(double dbvAtFullScale)
    {
        _least = Math.Pow(10, (SoundDbv - dbvAtFullScale) / 10) / 2 * 32_768.0 * 32_768;
        _floor = _least / 100;
    }

    public HookSource Source => HookSource.Voice;

    public void Sense(SampleBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        double power = 0;
        foreach (var sample in block.Samples) power += (double)sample * sample / SampleBlock.Length;
        // What is always there is no call: the floor follows it slowly upwards while nobody is up, fast downwards always.
        if (power < _floor) _floor += (power - _floor) * Drop;
        else if (!_up) _floor += (Math.Min(power, _floor * 4) - _floor) * Follow;
        var loud = power > Math.Max(_least, _floor * Math.Pow(10, Over / 10));
        _loud = loud ? _loud + 1 : 0;
        _quiet = loud ? 0 : _quiet + 1 + (block.LostBefore / SampleBlock.Length);
        _up = _up ? _quiet < Hang : _loud >= Enough;
        block.HandsetUp = _up;
        block.Ringing = false;
    }
}
