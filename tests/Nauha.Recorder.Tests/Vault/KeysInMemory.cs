using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>The memory of the real program, read while a call lasts and after it: what its keys and its audio leave behind.</summary>
public sealed class KeysInMemory
{
    private const string Scenario = """{"version":1,"seed":6,"epochMs":null,"lines":[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":60}]}]}""";

    [Fact]
    public async Task After_a_call_neither_its_keys_nor_its_audio_are_anywhere_in_the_program()
    {
        using var box = new Box(3);
        var program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        var scenario = Path.Combine(box.Data, "scenario.json");
        await File.WriteAllTextAsync(scenario, Scenario);
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"memory"}""");
        var heard = await HeardAsync(scenario);
        using var process = Process.Start(new ProcessStartInfo(program, ["run", "--data", box.Data, "--simulate", scenario, "--speed", "8"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        try
        {
            var path = await FirstAsync(process, () => Directory.Exists(CallVault.FolderOf(box.Data)) ? Directory.EnumerateFiles(CallVault.FolderOf(box.Data), "*.nauha", SearchOption.AllDirectories).FirstOrDefault(f => Frames(f) >= 24) : null);
            if (!MayRead(process))
            {
                // Not even the user it runs as may look; what root would find is told apart below, where the tests run as root.
                Should.Throw<UnauthorizedAccessException>(() => File.OpenRead($"/proc/{process.Id}/mem"));
                Assert.Skip("only root may read the memory of a program that is not dumpable");
            }
            var (dek, payload) = Keys(box, path);
            Found(process, payload).ShouldBeGreaterThan(0, "while the call lasts its frame key is there: so would be found what is left");
            Found(process, dek).ShouldBe(0, "the data key itself is needed for the head alone");
            heard.Take(5).Any(piece => Found(process, piece) > 0).ShouldBeTrue("of the line's own sound the last seconds are there, as it was heard");
            await FirstAsync(process, () => Whole(path) ? path : null);
            // The end is in the journal: the call is over for the program.
            await FirstAsync(process, () => Closed(box));
            Found(process, payload).ShouldBe(0, "frame key");
            Found(process, dek).ShouldBe(0, "data key");
            var (_, _, frames) = box.Listen(path);
            frames.Count.ShouldBeGreaterThan(50);
            foreach (var frame in frames.Where((_, i) => i % 10 == 0)) Found(process, frame.Audio.AsSpan(60, 60).ToArray()).ShouldBe(0, $"audio from sample {frame.FirstSample}");
            heard.Sum(piece => Found(process, piece)).ShouldBe(0, "the line's own sound");
            Found(process, Encoding.ASCII.GetBytes(box.Appliance.Text)).ShouldBeGreaterThan(0, "and what is no secret is found");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    // What the same scenario sounds on the pair, sample by sample: 5 ms of each two seconds of the talk.
    private static async Task<List<byte[]>> HeardAsync(string scenario)
    {
        var exchange = ScenarioFile.Read(scenario).Lines[0];
        using var box = new Box(3) { Learns = true };
        var (_, line) = await box.RunAsync(exchange.Profile, calls: [.. exchange.Calls]);
        var talk = (int)line.Truths.First(t => t.What == "talk").At;
        short[] pair = [.. line.Pair];
        return [.. Enumerable.Range(1, ((pair.Length - talk) / 16_000) - 1).Select(i => pair.AsSpan(talk + (i * 16_000), 40).ToArray()).Where(piece => piece.Any(sample => Math.Abs((int)sample) > 500)).Select(piece => System.Runtime.InteropServices.MemoryMarshal.AsBytes(piece.AsSpan()).ToArray())];
    }

    [Fact]
    public void A_program_that_would_write_its_memory_to_a_file_when_it_crashes_does_not_start()
    {
        foreach (var program in new[] { "Nauha.Device/release/nauha-recorder", "Nauha.Central/release/nauha-central" })
        {
            var path = Path.Combine(AppContext.BaseDirectory, "../..", program);
            if (!File.Exists(path)) continue;   // central is not built by this project alone
            var start = new ProcessStartInfo(path, ["--version"]) { RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment["DOTNET_DbgEnableMiniDump"] = "1";
            using var refused = Process.Start(start)!;
            var error = refused.StandardError.ReadToEnd();
            refused.WaitForExit();
            (refused.ExitCode, error).ShouldBe((3, "DOTNET_DbgEnableMiniDump is set: a crash would write keys and audio to a file. Unset it.\n"));
        }
    }

    [Fact]
    public async Task It_leaves_no_core_and_is_nobody_elses_to_read()
    {
        using var box = new Box(3);
        var program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        var scenario = Path.Combine(box.Data, "scenario.json");
        await File.WriteAllTextAsync(scenario, """{"version":1,"seed":7,"epochMs":null,"lines":[{"line":1,"calls":[]}]}""");
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"memory"}""");
        using var process = Process.Start(new ProcessStartInfo(program, ["run", "--data", box.Data, "--simulate", scenario, "--speed", "1"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        try
        {
            await FirstAsync(process, () => File.Exists(Path.Combine(box.Data, "run/status.json")) ? "up" : null);
            (await File.ReadAllLinesAsync($"/proc/{process.Id}/limits")).Single(l => l.StartsWith("Max core file size", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4..6].ShouldBe(["0", "0"]);
            if (Environment.IsPrivilegedProcess)
            {
                var memory = (await File.ReadAllLinesAsync($"/proc/{process.Id}/status")).Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim());
                long Kilobytes(string key) => long.Parse(memory[key].Split(' ')[0], CultureInfo.InvariantCulture);
                (Kilobytes("VmLck"), Kilobytes("VmSwap")).ShouldSatisfyAllConditions(m => m.Item1.ShouldBeGreaterThanOrEqualTo(Kilobytes("VmRSS"), "all of it stays out of swap"), m => m.Item2.ShouldBe(0));
            }
            // proc(5): files of a process that is not dumpable belong to root, whoever runs it.
            using var owner = Process.Start(new ProcessStartInfo("stat", ["-c", "%u", $"/proc/{process.Id}/mem"]) { RedirectStandardOutput = true })!;
            (await owner.StandardOutput.ReadToEndAsync()).Trim().ShouldBe("0");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static bool MayRead(Process process)
    {
        try
        {
            using var memory = File.OpenRead($"/proc/{process.Id}/mem");
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    // How often these bytes stand in the memory of a process.
    private static int Found(Process process, byte[] needle)
    {
        using var memory = new FileStream($"/proc/{process.Id}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        var found = 0;
        var buffer = new byte[4 << 20];
        foreach (var line in File.ReadAllLines($"/proc/{process.Id}/maps"))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts[1][0] != 'r' || line.Contains("[vvar", StringComparison.Ordinal) || line.EndsWith("[vsyscall]", StringComparison.Ordinal)) continue;
            var borders = parts[0].Split('-');
            var (from, until) = (long.Parse(borders[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(borders[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            var kept = 0;
            for (var at = from; at < until;)
            {
                int read;
                try
                {
                    read = RandomAccess.Read(memory.SafeFileHandle, buffer.AsSpan(kept, (int)Math.Min(buffer.Length - kept, until - at)), at);
                }
                catch (IOException)
                {
                    break;   // reserved, or gone since
                }
                if (read == 0) break;
                var all = buffer.AsSpan(0, kept + read);
                var seen = all;
                for (int next; (next = seen.IndexOf(needle)) >= 0; seen = seen[(next + 1)..]) found++;
                // What may be the beginning of it goes before the next piece.
                at += read;
                kept = Math.Min(needle.Length - 1, all.Length);
                all[^kept..].CopyTo(buffer);
            }
        }
        return found;
    }

    private static (byte[] Dek, byte[] Payload) Keys(Box box, string path)
    {
        using var file = File.OpenRead(path);
        SealedFile.ReadHead(file, out var header, out var info, out var wrap);
        var dek = Hpke.Open(box.Secrets[header!.DayKid], info, wrap)!;
        // FORMAT.md §2: Kp = HKDF(ikm DEK, salt H, info "nauha/1 payload" ‖ 00).
        var head = System.Security.Cryptography.SHA256.HashData([.. info.AsSpan(12), .. wrap]);
        return (dek, System.Security.Cryptography.HKDF.DeriveKey(System.Security.Cryptography.HashAlgorithmName.SHA256, dek, 32, head, [.. "nauha/1 payload\0"u8]));
    }

    private static uint Frames(string path)
    {
        using var file = File.OpenRead(path);
        return SealedFile.Verify(file, (_, _) => null).Frames;
    }

    private static bool Whole(string path)
    {
        using var file = File.OpenRead(path);
        return SealedFile.Verify(file, (_, _) => null).Fault == FileFault.UnknownSigner;
    }

    private static string? Closed(Box box)
    {
        using var vault = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, readOnly: true);
        return vault.Read(index => index.Calls.Any(c => c.IsClosed)) ? "closed" : null;
    }

    private static async Task<string> FirstAsync(Process process, Func<string?> look)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (; ; )
        {
            if (look() is { } seen) return seen;
            process.HasExited.ShouldBeFalse();
            await pause.WaitForNextTickAsync();
        }
    }
}
