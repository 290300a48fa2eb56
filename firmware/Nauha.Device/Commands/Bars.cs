using Spectre.Console;

namespace Nauha.Device.Commands;

/// <summary>A bar for what takes long, for a person at a terminal; none with --json or where nobody sees it. It is written to standard error: what is found out is all that standard output gets.</summary>
internal static class Bars
{
    private const int EachOf = 200;

    public static T Show<T>(bool json, string what, Func<IProgress<(int Done, int Of)>?, T> act) =>
        IsSeen(json) ? Bar().Start(context => act(new Steps(context.AddTask(what)))) : act(null);

    public static Task<T> ShowAsync<T>(bool json, string what, Func<IProgress<(int Done, int Of)>?, Task<T>> act) =>
        IsSeen(json) ? Bar().StartAsync(context => act(new Steps(context.AddTask(what)))) : act(null);

    private static bool IsSeen(bool json) => !json && !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    private static Progress Bar() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) })
        .Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());

    private sealed class Steps : IProgress<(int Done, int Of)>
    {
        private readonly ProgressTask _bar;

        public Steps(ProgressTask bar) => (_bar, bar.IsIndeterminate) = (bar, true);

        public void Report((int Done, int Of) value)
        {
            if (value.Of == 0 || (value.Done != value.Of && value.Done % Math.Max(1, value.Of / EachOf) != 0)) return;
            (_bar.IsIndeterminate, _bar.MaxValue, _bar.Value) = (false, value.Of, value.Done);
        }
    }
}
