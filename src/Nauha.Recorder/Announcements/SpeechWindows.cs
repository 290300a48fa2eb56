namespace Nauha.Recorder.Announcements;

/// <summary>The stretches of 250 ms of an announcement that carry speech: what must be heard again on the pair.</summary>
internal static class SpeechWindows
{
    public const int Length = 2_000;
    private const double LouderThan = 0.01;   // within 20 dB of the loudest

    /// <returns>First samples of the windows, in order, not overlapping.</returns>
    public static List<int> Of(ReadOnlySpan<float> samples)
    {
        var loudest = 0.0;
        for (var at = 0; at + Length <= samples.Length; at += Length) loudest = Math.Max(loudest, Power(samples.Slice(at, Length)));
        var windows = new List<int>();
        for (var at = 0; at + Length <= samples.Length; at += Length)
            if (loudest > 0 && Power(samples.Slice(at, Length)) >= loudest * LouderThan) windows.Add(at);
        return windows;
    }

    public static double Power(ReadOnlySpan<float> samples) => (double)Dot(samples, samples) / samples.Length;

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = System.Runtime.Intrinsics.Vector128<float>.Zero;
        var wide = System.Runtime.InteropServices.MemoryMarshal.Cast<float, System.Runtime.Intrinsics.Vector128<float>>(a);
        var other = System.Runtime.InteropServices.MemoryMarshal.Cast<float, System.Runtime.Intrinsics.Vector128<float>>(b[..a.Length]);
        for (var i = 0; i < wide.Length; i++) sum += wide[i] * other[i];
        var rest = System.Runtime.Intrinsics.Vector128.Sum(sum);
        for (var i = wide.Length * 4; i < a.Length; i++) rest += a[i] * b[i];
        return rest;
    }
}
