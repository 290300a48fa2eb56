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

    /// <summary>The same, and one more that ends where the speech does: the last may overlap the one before it.</summary>
    public static List<int> ToTheEndOf(ReadOnlySpan<float> samples)
    {
        const int step = 80;
        var windows = Of(samples);
        if (windows.Count == 0) return windows;
        var loudest = 0.0;
        foreach (var window in windows) loudest = Math.Max(loudest, Power(samples.Slice(window, Length)));
        var end = samples.Length;
        while (end - step > windows[^1] + Length && Power(samples[(end - step)..end]) < loudest * LouderThan) end -= step;
        if (end > windows[^1] + Length) windows.Add(end - Length);
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
