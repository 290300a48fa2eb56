using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Drivers.Siprec;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>The recorder's own loop on lines of a trunk, until it is stopped.</summary>
internal sealed class FedRecorder : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running;
    private readonly SiprecTrunks _trunks;

    public FedRecorder(Box box, TrunkOptions trunk, int lines = 1, Func<int, string?>? local = null)
    {
        Vault = box.OpenVault();
        _trunks = new(new Dictionary<string, TrunkOptions> { ["pbx"] = trunk }, TimeProvider.System, NullLogger.Instance);
        Lines = [.. Enumerable.Range(1, lines).Select(number => new LineKeeper(new(number), () => _trunks.Open(new(number), "pbx-extension", new() { Trunk = "pbx", LocalUris = local is null ? "@pbx.example" : local(number) }), box.Settings(LineProfile.PbxExtension) with { WaitsForRoom = false }, Vault, TimeProvider.System, NullLogger.Instance))];
        _running = [.. Lines.Select(line => Task.Run(() => line.RunAsync(_stop.Token)))];
    }

    public CallVault Vault { get; }

    public List<LineKeeper> Lines { get; }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _trunks.DisposeAsync();
        Vault.Dispose();
        _stop.Dispose();
    }

    public static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!holds()) await look.WaitForNextTickAsync(patience.Token);
    }

    /// <summary>How like it the most like stretch is.</summary>
    public static double Best(short[] heard, ReadOnlySpan<short> said)
    {
        var best = 0.0;
        for (var at = 0; at + said.Length <= heard.Length; at++) best = Math.Max(best, Audio.Sound.Correlation(said, heard.AsSpan(at, said.Length)));
        return best;
    }
}
