using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nauha.Recorder.Status;

/// <summary>
/// Keeps one slice's loop going: when it fails that is said, shown and counted, and it begins again. One dead slice takes
/// nothing along. Ends when it is stopped, or when the loop ends by itself.
/// </summary>
public sealed partial class SliceWatch(string name, Func<CancellationToken, Task> run, TimeProvider time, ILogger log) : BackgroundService
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromMinutes(1);

    public string Name => name;

    public int Failures { get; private set; }

    /// <summary>When it last failed; null: not since the start.</summary>
    public DateTimeOffset? LastFailure { get; private set; }

    /// <summary>Watches a service of its own: it is started again as a whole.</summary>
    public static SliceWatch Over(string name, BackgroundService service, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new(name, async stop =>
        {
            await service.StartAsync(stop).ConfigureAwait(false);
            await (service.ExecuteTask ?? Task.CompletedTask).ConfigureAwait(false);
        }, time, log);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = First;
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                await run(stoppingToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                Failures++;
                LastFailure = time.GetUtcNow();
                Failed(e, name);
            }
            catch (OperationCanceledException)
            {
                return;   // an orderly stop
            }
            wait = time.GetElapsedTime(began) > Longest ? First : wait;
            await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 > Longest ? Longest : wait * 2;
        }
    }

    [LoggerMessage(EventId = 8001, Level = LogLevel.Error, Message = "{Slice} failed and is started again")]
    private partial void Failed(Exception why, string slice);
}
