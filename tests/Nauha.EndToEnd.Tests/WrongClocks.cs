using System.Text.Json;
using Nauha.Audio;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>The real recorder with a clock that is wrong from its start, or from the middle of a call on (libfaketime), and the real central.</summary>
public sealed class WrongClocks
{
    private static readonly string[] Libraries = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];

    private static Dictionary<string, string> Clock(string file)
    {
        var library = Libraries.FirstOrDefault(File.Exists);
        Assert.SkipUnless(library is not null, "libfaketime is not installed (Debian package faketime)");
        // The monotonic clock goes on as it does on a real board, and so do waits by it.
        return new() { ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0", ["LD_PRELOAD"] = library!, ["FAKETIME_TIMESTAMP_FILE"] = file, ["FAKETIME_NO_CACHE"] = "1", ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1", ["DONT_FAKE_MONOTONIC"] = "1" };
    }

    private static string Today => TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Europe/Helsinki")).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="claimed">Days by which the box's own record is off today.</param>
    [Theory]
    [InlineData("1970", 0, false)]                   // below its floor, it counts as none: the floor is used
    [InlineData("-1d", 0, false)]                    // a day before the bundle was issued: likewise
    [InlineData("+80d", 80, true)]                   // doubtful: the key of that day, which central sets right
    [InlineData("+3652d", 3_652, true)]              // no key for that day: the last one
    public async Task A_call_recorded_under_a_wrong_clock_ends_on_the_key_of_the_day_on_which_it_was_made(string clock, int claimed, bool wrongDay)
    {
        await using var branch = await Branch.OpenAsync();
        var file = Path.Combine(branch.Folder, "clock");
        await File.WriteAllTextAsync(file, clock == "1970" ? $"-{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 10}" : clock);
        var before = Today;
        await branch.StopCentralAsync();
        await branch.StartRecorderAsync("""[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":5}]}]""", environment: Clock(file));
        var there = await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => calls.Any(c => c.GetProperty("outcome").GetString() == "recorded"));
        var off = there.Single().GetProperty("startedUtc").GetDateTimeOffset() - TimeProvider.System.GetUtcNow();
        off.TotalDays.ShouldBeInRange(claimed - 0.1, claimed + 0.1);
        await branch.StartCentralAsync();
        var call = (await branch.CallsAsync(c => c.Count == 1 && c[0].GetProperty("receiptUtc").ValueKind == JsonValueKind.String))[0];
        var days = new[] { before, Today };
        // Its place in the store is the day by which it will be destroyed, and whose key opens it.
        Path.GetFileName(Path.GetDirectoryName(Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldHaveSingleItem())).ShouldBeOneOf(days);
        (TimeProvider.System.GetUtcNow() - call.GetProperty("startedUtc").GetDateTimeOffset()).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(5), "claimed is clamped to what can be");
        call.GetProperty("number").GetString().ShouldBe("0409990123");
        WavFile.Read(new MemoryStream(await branch.ExportAsync(call.GetProperty("callId").GetString()!)), "export").ToPcm(0).Length.ShouldBeGreaterThan(8_000 * 4);
        (await branch.AlarmsAsync()).Select(a => a.GetProperty("kind").GetString()).Distinct().ShouldBe(wrongDay ? ["wrong-day"] : Array.Empty<string>());
        // Central has told the time: the box amends the call's moment by what has run since, on both sides the same.
        var told = (await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => (TimeProvider.System.GetUtcNow() - calls.Single().GetProperty("startedUtc").GetDateTimeOffset()).Duration() < TimeSpan.FromMinutes(5))).Single().GetProperty("startedUtc").GetString();
        await branch.CallsAsync(c => c[0].GetProperty("startedUtc").GetString() == told);
        // The next call is dated right from its beginning, whatever the clock says.
        await branch.StopRecorderAsync();
        (await branch.RecorderCommandAsync("check")).ShouldSatisfyAllConditions(c => c.ExitCode.ShouldBe(0, c.Output));
        await branch.StartRecorderAsync("""[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":60,"number":"0409990124","talkSeconds":5}]}]""", environment: Clock(file));
        var next = (await branch.CallsAsync(c => c.Count == 2 && c.All(x => x.GetProperty("receiptUtc").ValueKind == JsonValueKind.String))).Single(c => c.GetProperty("callNumber").GetInt32() == 2);
        (TimeProvider.System.GetUtcNow() - next.GetProperty("startedUtc").GetDateTimeOffset()).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(5));
        (await branch.OnTheBoxAsync()).Single(c => c.GetProperty("callNumber").GetInt32() == 2).GetProperty("startedUtc").GetDateTimeOffset().ShouldBeInRange(TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());
    }

    [Theory]
    [InlineData("-400d")]
    [InlineData("+3652d")]
    public async Task A_jump_in_mid_call_changes_nothing_in_the_timeline_of_the_sound(string jump)
    {
        await using var branch = await Branch.OpenAsync();
        var clock = Path.Combine(branch.Folder, "clock");
        await File.WriteAllTextAsync(clock, "+0d");
        var source = new short[8_000 * 24];
        var random = new Random(3);
        double low = 0;
        for (var i = 0; i < source.Length; i++)
        {
            low += 0.35 * ((random.NextDouble() - 0.5) - low);
            source[i] = (short)((i / 2_000 % 4 == 3 ? 0 : 12_000 * low) + (i % 16_000 < 1_600 ? 4_000 * Math.Sin(2 * Math.PI * (500 + (i / 16_000 * 100)) * i / 8_000) : 0));
        }
        var file = Path.Combine(branch.Folder, "said.wav");
        await using (var wav = File.Create(file)) WavFile.Write(wav, 8_000, source);
        var before = Today;
        await branch.StartRecorderAsync($$"""[{"line":1,"calls":[{"kind":"incoming","at":1,"number":"0409990123","audio":{{JsonSerializer.Serialize(file)}}}]}]""", speed: 4, environment: Clock(clock));
        await branch.StatusAsync(s => s.GetProperty("lines")[0].GetProperty("recordedSeconds").GetDouble() > 4);
        await File.WriteAllTextAsync(clock + ".new", jump);
        File.Move(clock + ".new", clock, overwrite: true);
        var jumped = await branch.StatusAsync(s => (s.GetProperty("atUtc").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).Duration() > TimeSpan.FromDays(300));
        jumped.GetProperty("lines")[0].GetProperty("state").GetString().ShouldBe("Recording", "it came in mid-call");
        var call = (await branch.CallsAsync(c => c.Count == 1 && c[0].GetProperty("receiptUtc").ValueKind == JsonValueKind.String))[0];
        new[] { before, Today }.ShouldContain(Path.GetFileName(Path.GetDirectoryName(Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldHaveSingleItem())));
        var export = WavFile.Read(new MemoryStream(await branch.ExportAsync(call.GetProperty("callId").GetString()!)), "export").ToPcm(0);
        (export.Length - 1_600 - source.Length).ShouldBeInRange(-320, 320);
        var offset = Enumerable.Range(1_200, 800).MaxBy(o => Correlation(source.AsSpan(0, 16_000), export.AsSpan(o, 16_000)));
        for (var at = 0; at + 8_000 <= source.Length - 400; at += 8_000) Correlation(source.AsSpan(at, 8_000), export.AsSpan(offset + at, 8_000)).ShouldBeGreaterThan(0.9, $"at {at / 8_000} s");
        await branch.StopRecorderAsync();
        (await branch.RecorderCommandAsync("check")).ShouldSatisfyAllConditions(c => c.ExitCode.ShouldBe(0, c.Output));
    }

    private static double Correlation(ReadOnlySpan<short> a, ReadOnlySpan<short> b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++) (ab, aa, bb) = (ab + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        return ab / Math.Sqrt((aa * bb) + 1e-9);
    }
}
