using System.Collections.Concurrent;
using System.Diagnostics;

namespace Nauha.Demo;

/// <summary>The demo cannot go on.</summary>
internal sealed class DemoException(string message, int exitCode = 3) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>One of the real programs, as a process of its own.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly ConcurrentQueue<string> _last = new();

    private RunningProgram(Process process) => _process = process;

    public bool HasExited => _process.HasExited;

    /// <summary>What it said last: for the sentence that explains why it is gone.</summary>
    public string LastWords => string.Join(Environment.NewLine, _last);

    public static RunningProgram Start(string program, params string[] arguments)
    {
        var process = new Process { StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        var running = new RunningProgram(process);
        process.OutputDataReceived += (_, e) => running.Said(e.Data);
        process.ErrorDataReceived += (_, e) => running.Said(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Runs a command to its end and gives what it printed.</summary>
    public static async Task<string> RunAsync(string program, CancellationToken cancel, params string[] arguments)
    {
        using var process = new Process { StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = await process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0 ? await output : throw new DemoException($"{Path.GetFileName(program)} {arguments[0]}: {error.Trim()}");
    }

    /// <summary>Waits for a line that holds this.</summary>
    public string WaitFor(string text, TimeSpan patience)
    {
        var until = Stopwatch.StartNew();
        while (until.Elapsed < patience && _lines.TryTake(out var line, patience - until.Elapsed))
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        throw new DemoException($"{Path.GetFileName(_process.StartInfo.FileName)} did not start: {LastWords}");
    }

    private void Said(string? line)
    {
        if (line is null) return;
        _lines.Add(line);
        _last.Enqueue(line);
        while (_last.Count > 8) _last.TryDequeue(out _);
    }

    /// <summary>Asks it to stop in order (SIGTERM), and waits.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await term.WaitForExitAsync();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
        _lines.Dispose();
    }
}
