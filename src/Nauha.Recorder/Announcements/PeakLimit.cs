namespace Nauha.Recorder.Announcements;

/// <summary>
/// Brings an announcement to its level without letting a peak stand out: where one would, it is taken down by a gain that
/// falls before it and rises after it, 5 ms each way, and the rest is raised by what that cost. Done once, before anything is
/// played, so that the proof asks for what was really said.
/// </summary>
internal static class PeakLimit
{
    private const int Around = 40;                  // 5 ms: a gain that moves more quickly is heard as a click
    private const double MostRaised = 6;            // dB; more makes speech flat and hoarse
    private const double Close = 0.05;              // dB
    private const int Rounds = 16;

    /// <param name="samples">−1 to 1, full scale being that of the device.</param>
    /// <param name="levelDb">Active level wanted, in dB under a full-scale sine.</param>
    /// <param name="peak">Most that a sample may be.</param>
    /// <returns>The samples to play, and their active level: <paramref name="levelDb"/>, or less where the peaks do not let it.</returns>
    public static (float[] Samples, double LevelDb) Fit(ReadOnlySpan<float> samples, double levelDb, double peak)
    {
        var plain = levelDb - Announcement.ActiveLevel(samples);
        var raised = 0.0;
        for (var round = 0; ; round++)
        {
            var limited = Limit(samples, Math.Pow(10, (plain + raised) / 20), peak);
            var level = Announcement.ActiveLevel(limited);
            var missing = levelDb - level;
            if (missing < Close || round == Rounds || raised >= MostRaised || double.IsNaN(missing)) return (limited, level);
            raised = Math.Min(raised + missing, MostRaised);
        }
    }

    private static float[] Limit(ReadOnlySpan<float> samples, double gain, double peak)
    {
        var limited = new float[samples.Length];
        var most = new float[samples.Length];
        Array.Fill(most, 1);
        var any = false;
        for (var i = 0; i < samples.Length; i++)
        {
            limited[i] = (float)(samples[i] * gain);
            var loud = Math.Abs(limited[i]);
            if (loud <= peak) continue;
            any = true;
            for (var near = Math.Max(0, i - Around); near <= Math.Min(samples.Length - 1, i + Around); near++) most[near] = Math.Min(most[near], (float)(peak / loud));
        }
        if (!any) return limited;
        // Twice the mean of half as far: no sample's gain is more than the least about it allows.
        var smooth = Mean(Mean(most, Around / 2), Around / 2);
        for (var i = 0; i < limited.Length; i++) limited[i] = (float)Math.Clamp(limited[i] * smooth[i], -peak, peak);
        return limited;
    }

    private static float[] Mean(float[] values, int around)
    {
        var means = new float[values.Length];
        // Before the first and after the last nothing is too loud.
        double sum = around;
        for (var i = 0; i < around; i++) sum += At(i);
        for (var i = 0; i < values.Length; i++)
        {
            sum += At(i + around);
            means[i] = (float)(sum / ((2 * around) + 1));
            sum -= At(i - around);
        }
        return means;

        float At(int i) => i >= 0 && i < values.Length ? values[i] : 1;
    }
}
