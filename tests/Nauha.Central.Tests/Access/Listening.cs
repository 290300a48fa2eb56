using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Nauha.Audio;
using Nauha.Central.Access;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Access;

/// <summary>A call's sound: who, why, and every second of it in the log before it is sent.</summary>
public sealed class Listening : IAsyncLifetime
{
    private static readonly object Why = new { purpose = "service-event", reason = "a caller asked what was agreed", @case = "2026-1" };
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private People _people = null!;
    private FakeAppliance _box = null!;

    public async ValueTask InitializeAsync()
    {
        _people = await People.OpenAsync(await RunningCentral.OpenAsync(time: _time));
        _box = await FakeAppliance.EnrolledAsync(_people.Central);
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _people.DisposeAsync();
    }

    private static short Tone(long at) => (short)(8_000 * Math.Sin(2 * Math.PI * (300 + (at / 8_000 * 37)) * at / 8_000));

    // Stretches of real Opus: what was kept without a break, each begun by a fresh encoder.
    private async Task<CallId> DeliverAsync(ulong number, params (long From, int Seconds)[] stretches)
    {
        var call = CallId.Next();
        using var encoder = new OpusEncoder();
        using var writer = new SealedFileWriter(new(_people.Central.Keys.Fleet, _box.Id, call, new(1), number, new(_box.NowMs, ClockSource.Ntp, 20), _box.Today.Kid), _box.Today.PublicKey, new() { PreSkip = encoder.PreSkip, Source = "simulated", DbvAtFullScale = 6.5 }, _box.Signer);
        var bytes = new MemoryStream();
        bytes.Write(writer.Start());
        var packet = new byte[encoder.PacketBytes];
        var samples = new short[160];
        foreach (var (from, seconds) in stretches)
        {
            encoder.Reset();
            for (var frame = 0; frame < seconds * 2; frame++)
            {
                // The last frame of a stretch carries one packet more: the encoder's delay is still in it.
                var packets = frame == (seconds * 2) - 1 ? 26 : 25;
                var audio = new List<byte>();
                for (var p = 0; p < packets; p++)
                {
                    for (var i = 0; i < 160; i++) samples[i] = Tone(from + (frame * 4_000) + (p * 160) + i);
                    encoder.Encode(samples, packet);
                    audio.AddRange(packet);
                }
                bytes.Write(writer.Frame((ulong)(from + (frame * 4_000)), 4_000, [.. audio], []).Span);
            }
        }
        bytes.Write(writer.Final([]));
        var facts = writer.Facts!;
        (await _box.DeliverAsync(call, number, bytes.ToArray(), new(facts.Sha256, facts.Bytes, facts.Frames, facts.Closing))).Result.ShouldBe(ReceiptResult.Stored);
        return call;
    }

    private async Task<string> ListenAsync(CallId call, string who = "listener")
    {
        var (status, body) = await _people.PostAsync(who, $"/api/calls/{call}/listen", Why);
        status.ShouldBe(200);
        return body.GetProperty("url").GetString()!;
    }

    private async Task<(int Status, byte[] Bytes)> GetAsync(string who, string url, long? from = null, long? to = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _people.Central.Url(url));
        if (from is not null) request.Headers.Range = new RangeHeaderValue(from, to);
        using var answer = await _people[who].SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync());
    }

    private static short[] Samples(byte[] wav) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(wav.AsSpan(44)).ToArray();

    [Fact]
    public async Task What_was_said_is_heard_in_its_place_with_silence_of_true_length_between()
    {
        var call = await DeliverAsync(1, (16_000, 4), (72_000, 5));
        var (status, wav) = await GetAsync("listener", await ListenAsync(call));
        status.ShouldBe(200);
        var heard = Samples(wav);
        heard.Length.ShouldBe(72_000 + (5 * 8_000) - 16_000);
        wav.AsSpan(0, 44).SequenceEqual(WavFile.Header(8_000, heard.Length)).ShouldBeTrue();
        heard.AsSpan(32_000, 24_000).ContainsAnyExcept((short)0).ShouldBeFalse("nothing was kept between");
        foreach (var (at, from) in new[] { (8_000, 24_000L), (56_000 + 8_000, 80_000L) })
            Correlation(heard.AsSpan(at, 4_000), from).ShouldBeGreaterThan(0.95, $"at {at}");
    }

    [Fact]
    public async Task One_listening_is_one_entry_however_many_ranges_and_every_second_released_stands_there_once()
    {
        var call = await DeliverAsync(2, (0, 30));
        var url = await ListenAsync(call);
        var whole = (await GetAsync("listener", url)).Bytes;
        whole.Length.ShouldBe(44 + (30 * 16_000));
        var released = _people.Log.Where(l => l.Act == "release").Reverse().Select(l => l.Detail).ToList();
        foreach (var (from, to) in new[] { (0L, 43L), (44L, 60_000L), (100_001L, 100_001L), (100_000L, 164_000L), (400_001L, 480_043L) })
        {
            var (status, part) = await GetAsync("listener", url, from, to);
            status.ShouldBe(206);
            part.Length.ShouldBe((int)(to - from + 1));
            // From the middle the decoder has warmed up on a second, not on all before: close, not bit for bit.
            if (from < 44) part.ShouldBe(whole[(int)from..(int)(to + 1)]);
            else if ((from & 1) == 0) Differs(part.AsSpan(0, part.Length & ~1), whole.AsSpan((int)from, part.Length & ~1)).ShouldBeLessThan(0.05, $"{from}-{to}");
        }
        _people.Log.Count(l => l.Act == "listen").ShouldBe(1);
        _people.Log.Where(l => l.Act == "release").Reverse().Select(l => l.Detail).ShouldBe(released, "what was released stands there once");
        Seconds(released).ShouldBe(Enumerable.Range(0, 30));
        _people.Log.First(l => l.Act == "release").ShouldSatisfyAllConditions(l => l.Actor.ShouldBe(_people.Ids["listener"]), l => l.Call.ShouldBe(call.ToString()), l => l.Purpose.ShouldBe("service-event"));
    }

    [Fact]
    public async Task A_part_that_is_heard_is_the_part_that_is_logged()
    {
        var call = await DeliverAsync(3, (0, 40));
        var url = await ListenAsync(call);
        (await GetAsync("listener", url, 44 + (20 * 16_000), 44 + (22 * 16_000) - 1)).Status.ShouldBe(206);
        Seconds(_people.Log.Where(l => l.Act == "release").Select(l => l.Detail)).ShouldBe([20, 21]);
    }

    [Fact]
    public async Task The_entry_is_durable_before_the_key_is_unwrapped_and_a_second_before_it_is_sent()
    {
        var call = await DeliverAsync(4, (0, 4));
        await using var scope = _people.Central.Services.CreateAsyncScope();
        var audio = scope.ServiceProvider.GetRequiredService<CallAudio>();
        using var opened = (await audio.OpenAsync(call, new("somebody", "listen", "done", call), CancellationToken.None))!;
        var log = Path.Combine(_people.Central.Data, "audit", "log");
        var order = new List<string>();
        await using var sound = opened.Sound((from, until) => order.Add($"released {from}-{until}"));
        var bytes = new byte[100];
        (await sound.ReadAsync(bytes.AsMemory(0, 44))).ShouldBe(44);
        order.ShouldBeEmpty("the header tells of no second");
        (await sound.ReadAsync(bytes)).ShouldBe(100);
        order.ShouldBe(["released 0-1"]);
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        (await reader.ReadToEndAsync()).ShouldContain(call.ToString());
    }

    [Theory]
    [InlineData(null, "a caller asked what was agreed", "1")]
    [InlineData("curiosity", "a caller asked what was agreed", "1")]
    [InlineData("quality", "short", "1")]
    [InlineData("quality", "a caller asked what was agreed", null)]
    public async Task Without_a_purpose_a_reason_and_a_case_nothing_is_shown(string? purpose, string? reason, string? matter)
    {
        var before = _people.Log.Count;
        foreach (var act in new[] { "show", "listen", "export", "sealed" })
            (await _people.StatusOfAsync("listener", $"/api/calls/{CallId.Next()}/{act}", new { purpose, reason, @case = matter })).ShouldBe(400);
        (await _people.StatusOfAsync("listener", "/api/calls/search", new { purpose, reason, @case = matter })).ShouldBe(400);
        _people.Log.Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_listening_is_its_beginners_alone_and_ends_by_itself()
    {
        var call = await DeliverAsync(5, (0, 4));
        var url = await ListenAsync(call);
        (await GetAsync("supervisor", url)).Status.ShouldBe(404);
        _people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Outcome).ShouldBe((_people.Ids["supervisor"], "listen", "refused")));
        var listenings = _people.Central.Services.GetRequiredService<Listenings>();
        listenings.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(31));
        listenings.Count.ShouldBe(0, "no key of a listening that is over stays in memory");
        (await GetAsync("listener", url)).Status.ShouldBe(404);
        var again = await ListenAsync(call);
        listenings.End(call);
        (await GetAsync("listener", again)).Status.ShouldBe(404, "a call that is destroyed is heard no further");
    }

    [Fact]
    public async Task An_export_is_the_same_sound_and_all_its_seconds_are_logged_first()
    {
        var call = await DeliverAsync(6, (0, 12));
        using var answer = await _people["listener"].PostAsync(_people.Central.Url($"/api/calls/{call}/export"), new StringContent(JsonSerializer.Serialize(Why), System.Text.Encoding.UTF8, "application/json"));
        answer.EnsureSuccessStatusCode();
        answer.Content.Headers.ContentLength.ShouldBe(44 + (12 * 16_000));
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe((await GetAsync("listener", await ListenAsync(call))).Bytes);
        _people.Log.Where(l => l.Act == "release").Select(l => l.Detail).ShouldContain("seconds 0-12");
        _people.Log.Count(l => l.Act == "export" && l.Outcome == "done").ShouldBe(1);
    }

    // Once calls over two hours were recorded, and could be neither heard nor exported.
    [Fact]
    public async Task A_call_of_more_than_two_hours_is_heard_to_its_end_in_bounded_memory()
    {
        const int seconds = (2 * 3_600) + 300;
        var call = await DeliverAsync(7, (0, seconds));
        var url = await ListenAsync(call);
        var (status, last) = await GetAsync("listener", url, 44 + ((seconds - 1) * 16_000L), 44 + (seconds * 16_000L) - 1);
        status.ShouldBe(206);
        last.Length.ShouldBe(16_000);
        Correlation(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(last)[2_000..6_000], ((seconds - 1) * 8_000L) + 2_000).ShouldBeGreaterThan(0.9);
        Seconds(_people.Log.Where(l => l.Act == "release").Select(l => l.Detail)).ShouldBe([seconds - 1]);
    }

    private static IEnumerable<int> Seconds(IEnumerable<string?> details) => details.SelectMany(d => d!["seconds ".Length..].Split(", ")).Select(r => r.Split('-').Select(int.Parse).ToArray()).SelectMany(r => Enumerable.Range(r[0], r[1] - r[0])).Order();

    private static double Correlation(ReadOnlySpan<short> heard, long from)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < heard.Length; i++)
        {
            double a = heard[i], b = Tone(from + i);
            (ab, aa, bb) = (ab + (a * b), aa + (a * a), bb + (b * b));
        }
        return ab / Math.Sqrt((aa * bb) + 1e-9);
    }

    private static double Differs(ReadOnlySpan<byte> part, ReadOnlySpan<byte> whole)
    {
        var a = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(part);
        var b = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(whole);
        double error = 0, level = 0;
        for (var i = 0; i < b.Length; i++) (error, level) = (error + Math.Pow(a[i] - b[i], 2), level + Math.Pow(b[i], 2));
        return Math.Sqrt(error / (level + 1e-9));
    }
}
