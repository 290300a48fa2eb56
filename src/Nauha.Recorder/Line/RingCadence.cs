using System.Globalization;

namespace Nauha.Recorder.Line;

/// <summary>
/// How a port rings: the bursts and rests of one call, in tenths of a second. A rest of 1.5 s or more ends a round; the
/// cadence is known once a round is complete. The last burst before a lift is cut short and says nothing.
/// </summary>
public sealed class RingCadence
{
    private const int Rate = 8_000, LongRest = 15, MostBursts = 4;

    private readonly int[] _bursts = new int[MostBursts], _rests = new int[MostBursts];
    private long _began = -1, _ceased = -1;
    private int _count;

    /// <summary>"1/4": a second of ring, four of rest; "0.4/0.2/0.4/2" for a double ring. Null: not known yet.</summary>
    public string? Known { get; private set; }

    public void Take(in HookEvent hook)
    {
        if (hook.Change == HookChange.RingStopped && _began >= 0) _ceased = hook.At;
        if (hook.Change is HookChange.OffHook or HookChange.Cut) Forget();
        if (hook.Change != HookChange.RingStarted) return;
        if (_ceased > _began && _began >= 0) Round(Tenths(_ceased - _began), Tenths(hook.At - _ceased));
        (_began, _ceased) = (hook.At, -1);
    }

    /// <summary>The call is over: the next rings from its beginning.</summary>
    public void Forget() => (_began, _ceased, _count) = (-1, -1, 0);

    private void Round(int burst, int rest)
    {
        if (_count == MostBursts) _count = 0;
        (_bursts[_count], _rests[_count]) = (burst, rest);
        _count++;
        if (rest < LongRest) return;
        Known = string.Join('/', Enumerable.Range(0, _count).SelectMany(i => new[] { Seconds(_bursts[i]), Seconds(_rests[i]) }));
        _count = 0;
    }

    /// <summary>Whether two cadences are another's, beyond what a port's clock strays: a tenth, and a tenth of a second.</summary>
    public static bool Differ(string one, string other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var (a, b) = (one.Split('/'), other.Split('/'));
        return a.Length != b.Length || a.Zip(b).Any(pair => Math.Abs(Read(pair.First) - Read(pair.Second)) > 0.15 + (Read(pair.First) * 0.1));
    }

    private static double Read(string seconds) => double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static int Tenths(long samples) => (int)Math.Round(samples * 10.0 / Rate);

    private static string Seconds(int tenths) => (tenths / 10.0).ToString("0.#", CultureInfo.InvariantCulture);
}
