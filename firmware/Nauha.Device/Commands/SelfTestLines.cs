using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Device.Settings;
using Nauha.Drivers.Siprec;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status.SelfTest;
using Nauha.Simulation;

namespace Nauha.Device.Commands;

/// <summary>The lines that a self-test tries, one after the other, each opened for itself.</summary>
/// <param name="Simulate">Scenario of the simulated exchange; null: the lines of the configuration.</param>
/// <param name="Line">One line alone; null: all.</param>
internal sealed record SelfTestLines(string? Simulate, double Speed, int? Line)
{
    /// <param name="recorderRuns">Then its lines are its own.</param>
    public async IAsyncEnumerable<Check> TryAsync(RecorderOptions options, bool recorderRuns, Func<WiredLine, ILineSource, Task<IReadOnlyList<Check>>> trial)
    {
        var (scenario, time) = (Simulate is null ? null : ScenarioFile.Read(Simulate), TimeProvider.System);
        if (recorderRuns)
        {
            yield return new("lines", Verdict.Untested, "recorder-runs", []);
            yield break;
        }
        if (scenario is null && options.Lines.Values.All(line => line.Source is null))
        {
            yield return new("lines", Verdict.NotFitted, "no-lines", []);
            yield break;
        }
        using var hooks = scenario is null ? Lines.Hooks(options, time) : null;
        await using var trunks = new SiprecTrunks(options.Trunks, time, NullLogger.Instance);
        var ports = hooks is not null ? Lines.OnDevices(options, hooks, trunks, time) : Lines.Simulated(scenario!, options, Speed, time);
        if (Line is { } one && ports.All(port => port.Line.Number != one)) throw new ConfigurationException($"--line {one}: there is no such line.");
        foreach (var port in ports.Where(port => Line is null || port.Line.Number == Line))
        {
            IReadOnlyList<Check> checks;
            try
            {
                await using var source = port.Open();
                checks = source.HookSource == HookSource.Signalling ? await RegisteredAsync(port.Line.Number, source) : await trial(port, source);
            }
            catch (IOException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                checks = [e is SiprecException || e.InnerException is SiprecException ? new("trunk", Verdict.Fail, "trunk-down", [], port.Line.Number) : new("lines", Verdict.Fail, "no-device", [], port.Line.Number)];
            }
            foreach (var check in checks) yield return check;
        }
    }

    // Such a line has neither volts nor a handset, and nothing may sound on it: its time begins when the PBX has taken the box.
    private static async Task<IReadOnlyList<Check>> RegisteredAsync(int line, ILineSource source)
    {
        await source.ReadAsync(new SampleBlock(), CancellationToken.None);
        return [new("trunk", Verdict.Pass, "trunk-up", [], line)];
    }
}
