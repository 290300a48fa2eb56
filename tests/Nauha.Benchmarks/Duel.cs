using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nauha.Benchmarks;

/// <summary>One comparison, ready to be printed.</summary>
/// <param name="Ratio">Our time over the peer's: below 1 we are faster.</param>
internal sealed record Row(string What, string Ours, string Peer, double Ratio, string PeerName);

/// <summary>
/// Ours and a peer in turn, in one process and one call: what the machine does besides hits both alike. The ratio is the
/// median of the rounds' ratios, in processor time of this thread: a machine that others use as well does not decide it.
/// Absolute figures are for orientation.
/// </summary>
internal static partial class Duel
{
    private const int Rounds = 15, WarmUp = 12;

    // The compiler's second thoughts come after some rounds, and not before a tenth of a second in which nothing new was called: a recorder runs for months.
    private static readonly TimeSpan LeastWarmUp = TimeSpan.FromSeconds(2);

    public static Row Fight(string what, string peerName, double unitsPerRound, string unit, Action ours, Action peer)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < WarmUp || watch.Elapsed < LeastWarmUp; i++)
        {
            ours();
            peer();
        }
        var times = new (double Ours, double Peer)[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            // The order changes from round to round: neither always follows the other.
            if (i % 2 == 0) times[i] = (Time(ours), Time(peer));
            else
            {
                var second = Time(peer);
                times[i] = (Time(ours), second);
            }
        }
        return new(what, Speed(times.Select(t => t.Ours)), Speed(times.Select(t => t.Peer)), Median(times.Select(t => t.Ours / t.Peer)), peerName);

        string Speed(IEnumerable<double> seconds) => $"{unitsPerRound / Median(seconds):F0} {unit}";
    }

    private static double Time(Action act)
    {
        var before = ProcessorSeconds();
        act();
        return ProcessorSeconds() - before;
    }

    private static double ProcessorSeconds()
    {
        const int threadCpuTime = 3;    // CLOCK_THREAD_CPUTIME_ID
        if (Clock(threadCpuTime, out var time) != 0) throw new InvalidOperationException("the processor's time cannot be read");
        return time.Seconds + (time.Nanoseconds / 1e9);
    }

    private readonly record struct Moment(long Seconds, long Nanoseconds);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Clock(int which, out Moment time);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
