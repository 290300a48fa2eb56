using System.Numerics;

namespace Nauha.Telephony;

/// <summary>
/// Tells music on hold from talk, by what stands still in pitch (<see cref="SteadySound"/>): music has it nearly all the time,
/// talk hardly ever. A beep that comes again and again is as much nobody's talk.
/// </summary>
/// <remarks>Pure: time is the count of samples; any block size gives the same; nothing is allocated per block.</remarks>
public sealed class MusicDetector
{
    // Each second is judged as a whole. Measured on two hours of synthetic music and talk: see README.md.
    private const int Second = 32;                      // steps of 32 ms
    private const int Window = 10, Enough = 8;          // seconds; so many of them are music
    private const int LeastSteady = 5;                  // steps of such a second
    private const float LeastShare = 0.15f;             // of its sound in the band; talk over a radio has less
    private const float LeastOfAll = 0.2f;              // of all ten seconds' sound: a radio between two sentences is not
    private const float LeastHeld = 0.4f;               // a step is steady when steady lines hold so much of it
    private const int LongWindow = 15, Beeps = 3;       // seconds; so many of one pitch
    private const int Rest = 12;                        // steps before a beep: 0.4 s
    private const float SamePitch = 0.02f;
    private const int LeastTalk = 20;                   // steps of the last two seconds: 0.6 s

    private readonly SteadySound _sound = new();
    private readonly float[] _early = new float[SteadySound.Settled - 1];
    private readonly Slot[] _slots = new Slot[LongWindow];
    private ulong _loud, _steady, _still;               // the last 64 steps, the newest lowest
    private float _band, _held, _pitch;
    private int _steps, _filled, _beeps;
    private int _quiet = Rest;
    private bool _was, _first;

    private record struct Slot(int Loud, int Steady, bool IsMusic, int Beeps, float Band, float Held);

    /// <summary>What has sounded for the last ten seconds is music, or beeps; until there is talk again.</summary>
    public bool IsMusic { get; private set; }

    /// <summary>Most of what sounded in the last second stands still in pitch: a note, a tone of whatever network, no voice.</summary>
    public bool Stands { get; private set; }

    public void Process(ReadOnlySpan<short> samples)
    {
        while (_sound.Take(ref samples)) Step();
    }

    public void Reset()
    {
        _sound.Reset();
        Array.Clear(_slots);
        Array.Clear(_early);
        Stands = false;
        (_loud, _steady, _still, _band, _held, _pitch, _steps, _filled, _beeps, _quiet, _was, _first, IsMusic) = (0, 0, 0, 0, 0, 0, 0, 0, 0, Rest, false, false, false);
    }

    private void Step()
    {
        var steady = _sound.IsLoud && _sound.Steady > LeastHeld;
        (_loud, _steady) = ((_loud << 1) | (_sound.IsLoud ? 1ul : 0), (_steady << 1) | (steady ? 1ul : 0));
        if (steady && !_was)
        {
            // It was from its beginning on.
            _steady |= (1ul << SteadySound.Settled) - 1;
            foreach (var band in _early) _held += band * _sound.Steady;
        }
        _early[_steps % _early.Length] = _sound.Band;
        _still = (_still << 1) | (_sound.Still > LeastHeld ? 1ul : 0);
        if (_sound.Still > LeastHeld && (_still & 2) == 0) _still |= (1ul << SteadySound.Settled) - 1;
        // More than half of it, and then until it is less than a fifth: a tune has its quick notes.
        var (loud, still) = (BitOperations.PopCount((uint)_loud), BitOperations.PopCount((uint)_still));
        Stands = still * (Stands ? 5 : 2) > loud;
        if (steady && _first) Beep();
        _was = steady;
        _first = _sound.IsLoud && (_first || _quiet >= Rest);
        _quiet = _sound.IsLoud ? 0 : _quiet + 1;
        (_band, _held) = (_band + _sound.Band, _held + (_sound.Band * _sound.Steady));
        if (IsMusic && IsTalk() && !_slots[(_filled + LongWindow - 1) % LongWindow].IsMusic) Forget();
        if (++_steps < Second) return;
        EndOfSecond();
    }

    private bool IsTalk()
    {
        var loud = BitOperations.PopCount(_loud);
        return loud >= LeastTalk && BitOperations.PopCount(_still) * 9 < loud;
    }

    // The first that stands still after a rest: of the same pitch as the one before, or another row begins.
    private void Beep()
    {
        _first = false;
        if (Math.Abs(_sound.Hertz - _pitch) > SamePitch * _pitch)
        {
            _beeps = 0;
            for (var i = 0; i < LongWindow; i++) _slots[i] = _slots[i] with { Beeps = 0 };
        }
        (_pitch, _beeps) = (_sound.Hertz, _beeps + 1);
    }

    private void EndOfSecond()
    {
        // Five steps late, because a steady line is known so late.
        const ulong Whole = ((1ul << Second) - 1) << (SteadySound.Settled - 1);
        var steady = BitOperations.PopCount(_steady & Whole);
        _slots[_filled++ % LongWindow] = new(BitOperations.PopCount(_loud & Whole), steady, steady >= LeastSteady && _held > LeastShare * _band, _beeps, _band, _held);
        (_steps, _band, _held, _beeps) = (0, 0, 0, 0);
        var (music, loud, stood, beeps, band, held) = (0, 0, 0, 0, 0f, 0f);
        for (var back = 1; back <= Math.Min(LongWindow, _filled); back++)
        {
            var slot = _slots[(_filled - back) % LongWindow];
            (loud, stood, beeps) = (loud + slot.Loud, stood + slot.Steady, beeps + slot.Beeps);
            if (back > Window) continue;
            (band, held) = (band + slot.Band, held + slot.Held);
            if (slot.IsMusic) music++;
        }
        IsMusic |= (music >= Enough && held > LeastOfAll * band) || (beeps >= Beeps && stood * 5 >= loud * 3);
    }

    // Whoever speaks now: only another ten seconds are music again.
    private void Forget()
    {
        Array.Clear(_slots);
        (IsMusic, _filled, _beeps) = (false, 0, 0);
    }
}
