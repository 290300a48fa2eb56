using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Calls;

// What the port teaches, call by call.
public sealed partial class LineConductor
{
    private const int CallsToLearn = 3;

    /// <summary>So few calls were heard that the technician is asked for more.</summary>
    internal static bool Learns(LearnedLine? known) => known is null || known.Calls < CallsToLearn;

    // Until it is known when the network opens, an announcement waits for the latest opening there is: then any can be seen.
    private TimeSpan Opens()
    {
        var profile = _settings.Profile.AnnouncementDelay;
        if (_known.CutThrough?.Ms is { } ms) return TimeSpan.FromTicks(Math.Max(profile.Ticks, (TimeSpan.FromMilliseconds(ms) + CutThrough.Margin).Ticks));
        return _settings.Learned is not null && (_known.CutThrough ?? new()).Learns ? CutThrough.Longest + CutThrough.Margin : profile;
    }

    // Before anybody is told: when the network opens, or what the dial tone is.
    private void Learn(SampleBlock block)
    {
        if (_state is { Direction: Direction.Incoming, Joining: false, Kept: false }) _lessons.Opening(block.Samples, block.FirstSample - _state.LiftedAt);
        else if (_state is { Direction: Direction.Outgoing, Dialled: false } && _lessons.Dialling(block.Samples) is { } tone && _settings.Tones is null) _ears.Tune(_telling.Tones = tone.Set);
    }

    // What this call has shown of the port; a difference that matters is said, and stays in what is known.
    private void Learn(Ending ending)
    {
        var seen = _lessons.Over(_known, _rest.NoiseDbv) with
        {
            Profile = _settings.Profile.Name,
            // What a contact or a current stands for is nothing that was measured.
            OnHookVolts = _source.HookSource == HookSource.Volts ? _hook.OnHookVolts : 0,
            OffHookVolts = _source.HookSource != HookSource.Volts ? null : double.IsNaN(_hook.OffHookVolts) ? _known.OffHookVolts : _hook.OffHookVolts,
            CallerId = _ears.Caller.Form?.ToString().ToLowerInvariant() ?? _known.CallerId,
            ReversalOnAnswer = _reversalKnown,
            AnnouncementDbv = _proof.Holds ? _proof.LevelDbv : _known.AnnouncementDbv,
            Proven = _known.Proven + (ending.What == EndingKind.Recorded ? 1 : 0),
            NotHeard = _known.NotHeard + (ending == Ending.Failed(EndingCode.NotHeard) ? 1 : 0),
        };
        if (LearnedLine.Difference(_known, seen) is { } difference)
        {
            _log.Differs(_source.Line.Number, difference);
            seen = seen with { Changed = difference, ChangedMs = _vault.Now().UnixMs };
        }
        _known = seen with { Calls = _known.Calls + 1 };
        if (Opens() is var opens && opens != _opens) _machine = new(_settings.Profile, _opens = opens, _settings.Listens);
        if (_settings.Learned is not { } keep) return;
        var learned = _known;
        _closing.Add(Task.Run(() =>
        {
            try
            {
                keep(learned);
            }
            catch (IOException e)
            {
                _log.NotKept(e, _source.Line.Number);   // the next call's is tried again: no call hangs on it
            }
        }));
    }
}
