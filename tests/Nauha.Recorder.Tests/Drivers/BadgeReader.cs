using System.Diagnostics;
using Nauha.Drivers.Reader;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>A reader as Linux shows it: events in a pipe, written by Python's struct with the machine's own types.</summary>
public sealed class BadgeReader : IDisposable
{
    private readonly OnTheBus.Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A pipe that stands for the device; held open at both ends, so that neither side waits for the other.</summary>
    internal static FileStream Pipe(string path)
    {
        using var make = Process.Start("mkfifo", [path])!;
        make.WaitForExit();
        return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
    }

    /// <summary>Types on the pipe: codes of linux/input-event-codes.h, down, up, and the report after each.</summary>
    internal static void Type(string path, double second, params int[] keys)
    {
        var script = $$"""
            import struct
            with open("{{path}}", "wb", buffering=0) as f:
                for i, key in enumerate([{{string.Join(',', keys)}}]):
                    at = {{second.ToString(System.Globalization.CultureInfo.InvariantCulture)}} + i * 0.1
                    for kind, code, value in ((4, 4, 458782), (1, key, 1), (0, 0, 0), (1, key, 0), (0, 0, 0)):
                        f.write(struct.pack("llHHi", int(at), int(at % 1 * 1e6), kind, code, value))
            """;
        using var python = Process.Start("python3", ["-c", script])!;
        python.WaitForExit();
        python.ExitCode.ShouldBe(0);
    }

    private async Task<List<string>> ReadAsync(int codes, Action<string> type)
    {
        var path = Path.Combine(_folder.Path, "event-kbd");
        await using var device = Pipe(path);
        var typed = new List<string>();
        var enough = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var reading = new InputReader().RunAsync(path, code =>
        {
            typed.Add(code);
            if (typed.Count == codes) enough.SetResult();
        }, stop.Token);
        type(path);
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        await device.WriteAsync(new byte[24]);   // lets the read go that was left behind
        return typed;
    }

    [Fact]
    public async Task Digits_of_row_and_keypad_and_letters_are_a_code_at_Enter() =>
        (await ReadAsync(3, path =>
        {
            Type(path, 1_000, 11, 2, 3, 4, 5, 28);              // 01234 on the row
            Type(path, 1_010, 71, 72, 73, 82, 96);              // 7890 on the keypad
            Type(path, 1_020, 30, 48, 10, 33, 28);              // AB9F
        })).ShouldBe(["01234", "7890", "AB9F"]);

    [Fact]
    public async Task A_foreign_key_a_pause_and_too_many_of_them_begin_anew() =>
        (await ReadAsync(2, path =>
        {
            Type(path, 1_000, 2, 3, 15, 4, 5, 6, 7, 28);        // a tab within: what was before it is forgotten
            Type(path, 1_010, 2, 2, 2, 2);                      // somebody goes away
            Type(path, 1_020, [.. Enumerable.Repeat(2, 40), 28]);
            Type(path, 1_030, 28, 8, 8, 8, 8, 28);              // Enter alone is nothing
        })).ShouldBe(["3456", "7777"]);

    [Fact]
    public async Task A_reader_that_is_gone_is_said_so()
    {
        var path = Path.Combine(_folder.Path, "none");
        await Should.ThrowAsync<IOException>(() => new InputReader().RunAsync(path, _ => { }, CancellationToken.None));
        await File.WriteAllBytesAsync(path, new byte[24]);
        (await Should.ThrowAsync<IOException>(() => new InputReader().RunAsync(path, _ => { }, CancellationToken.None))).Message.ShouldContain("unplugged");
    }
}
