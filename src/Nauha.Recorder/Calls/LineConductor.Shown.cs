using Nauha.Recorder.Line;

namespace Nauha.Recorder.Calls;

// What the line shows to those who look at the box, and what a power cut would cost.
public sealed partial class LineConductor
{
    private const int ShownEvery = 25;      // blocks
    private const long MostUnsynced = 8_000;   // law 4: a second
    private long _unsynced, _unsyncedMost;
    private bool _isSlow;
    private (CallPhase, ulong?, long, bool, bool, bool) _shown;
    private int _unshown;

    /// <summary>What the line shows; replaced as a whole.</summary>
    public LineSnapshot Snapshot { get; private set; }

    // For those who look now and then: made anew when something happened, else every half second, not each block.
    private void Show()
    {
        var look = (_state.Phase, _call?.Number, _lost, _lastUnproven, _writeFailed, IsMasked);
        if (look == _shown && ++_unshown < ShownEvery) return;
        (_shown, _unshown) = (look, 0);
        Snapshot = Look();
    }

    private LineSnapshot Look() => new(_source.Line, _state.Phase, _call?.Number, TimeSpan.FromSeconds((_maker?.Samples ?? 0) / 8_000.0), _call?.Bytes ?? 0, _pool.InUse - _held.Count, _lost + (_maker?.Lost ?? 0), _lastUnproven, _writeFailed, false)
    {
        Sound = _source.Sound,
        Sides = _source.Sides,
        Heard = _memory.End,
        OldestUnsynced = TimeSpan.FromSeconds(_unsynced / 8_000.0),
        OldestUnsyncedMost = TimeSpan.FromSeconds(_unsyncedMost / 8_000.0),
        ClippedBlocks = _clipped,
        Masked = IsMasked,
        Learning = Learns(_known),
        HumOrLevel = _rest.IsBad,
        Proven = _known.Proven,
        NotHeard = _known.NotHeard,
    };

    // What a power cut would cost just now. Where line time is scaled, the line waits for room, and its samples' age means nothing.
    private void MeasureUnsynced()
    {
        var keeps = _call is { Failure: null } && !_holding && _maker is { IsKeeping: true };
        _unsynced = keeps ? Math.Max(0, _memory.End - Math.Max(_state.LiftedAt + _call!.SyncedUntil, _maker!.StretchFrom)) : 0;
        _unsyncedMost = Math.Max(_unsyncedMost, _unsynced);
        if (_unsynced <= MostUnsynced) _isSlow = false;
        else if (!_isSlow && !_settings.WaitsForRoom)
        {
            _isSlow = true;
            _log.Slow(_source.Line.Number, _unsynced / 8);
        }
    }

    private bool IsMasked => _state.Phase == CallPhase.Recording && (_mask.From is not null || _hold.From is not null);
}
