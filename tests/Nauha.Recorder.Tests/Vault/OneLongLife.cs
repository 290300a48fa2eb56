using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>Hundreds of calls in one life of the program (thousands in the long form): what it holds does not grow with them.</summary>
[Collection("real time")]       // nobody else allocates meanwhile
public sealed class OneLongLife
{
    private static readonly int Calls = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 4_000 : 400;

    // A call that is over stays in the index of the journals: some kilobytes, until its day goes.
    private const int OfACall = 6_000;

    [Fact]
    public async Task What_the_program_holds_after_many_calls_is_what_it_held_after_some()
    {
        using var box = new Box();
        using var vault = box.OpenVault();
        using var over = new CancellationTokenSource();
        var (done, some, many) = (0, 0L, 0L);
        var calls = Enumerable.Range(0, Calls).Select(i => new CallScript
        {
            Kind = (i % 4) switch { 0 or 1 => ScriptKind.Incoming, 2 => ScriptKind.Missed, _ => ScriptKind.LiftOnly },
            At = 1,
            Gap = 1,
            Rest = 6,
            Number = "0409990123",
            Seconds = 1,
            Talk = Talk.Bundled.First(2),
            PausesForAnnouncements = true,
            Told = truth =>
            {
                if (truth.What is not ("lowered" or "caller gives up")) return;
                if (++done == Calls / 4) some = Held();
                if (done < Calls) return;
                many = Held();
                over.Cancel();
            },
        });
        var exchange = new ExchangeLine(PortProfile.Ata, calls, seed: 7);
        using (var conductor = new LineConductor(new SimulatedLine(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0)), box.Settings(), vault, NullLogger.Instance)) await conductor.RunAsync(over.Token);
        done.ShouldBe(Calls);
        box.Accounts(vault).Count(c => c.Call.Ending == Ending.Recorded).ShouldBe(Calls / 2);
        some.ShouldBeGreaterThan(1_000_000);
        (many - some).ShouldBeLessThan((some / 10) + ((long)OfACall * Calls * 3 / 4), $"{some:N0} bytes after {Calls / 4} calls, {many:N0} after {Calls}");
    }

    private static long Held() => GC.GetTotalMemory(forceFullCollection: true);
}
