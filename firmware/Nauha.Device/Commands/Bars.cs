using Spectre.Console;

namespace Nauha.Device.Commands;

/// <summary>A bar for what takes long, for a person at a terminal; none with --json or where nobody sees it. It is written to standard error: what is found out is all that standard output gets.</summary>
internal static class Bars
{
    private const int EachOf = 200;

    public static T Show<T>(bool json, string what, Func<IProgress<(int Done, int Of)>?, T> act)
    {
        if (json || Console.IsErrorRedirected || Console.IsOutputRedirected) return act(null);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            var bar = context.AddTask(what);
            bar.IsIndeterminate = true;
            return act(new Steps(bar));
        });
    }

    private sealed class Steps(ProgressTask bar) : IProgress<(int Done, int Of)>
    {
        public void Report((int Done, int Of) value)
        {
            if (value.Of == 0 || (value.Done != value.Of && value.Done % Math.Max(1, value.Of / EachOf) != 0)) return;
            (bar.IsIndeterminate, bar.MaxValue, bar.Value) = (false, value.Of, value.Done);
        }
    }
}
