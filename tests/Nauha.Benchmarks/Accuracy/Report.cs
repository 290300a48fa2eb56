using System.Globalization;
using System.Text;

namespace Nauha.Benchmarks.Accuracy;

/// <summary>
/// `accuracy [--quick]`: runs the sweep, prints it, and writes results/accuracy.tsv, results/accuracy.md and a picture a
/// series. A quick run writes nothing. Exit 1: ours falls short somewhere, and it is said where.
/// </summary>
internal static class Report
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static int Run(bool quick, string? only)
    {
        using var peers = new Peers();
        var all = new List<Measured>();
        foreach (var point in Sweep.Points().Where(p => only is null || $"{p.Signal} {p.Series}".Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            all.Add(Measure.Take(point, peers, quick));
            Console.WriteLine(Line(all[^1]));
        }
        var faults = all.Where(m => m.Fault is not null).ToList();
        foreach (var m in faults) Console.WriteLine($"{m.Point.Signal} {m.Point.Series} {m.Point.X}: {m.Fault}");
        Console.WriteLine($"{all.Count} points, {faults.Count} at which ours falls short");
        if (!quick && only is null) Write(all);
        return faults.Count == 0 ? 0 : 1;
    }

    /// <summary>The folder of this project's sources.</summary>
    public static string Home()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests/Nauha.Benchmarks/peers"))) folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("run this from the repository's own build"), "tests/Nauha.Benchmarks");
    }

    private static string Line(Measured m) =>
        string.Create(Plain, $"{m.Point.Signal,-8} {m.Point.Series,-10} {m.Point.X,6} {Cell(m.Ours),12} {Cell(m.Spandsp),12} {Cell(m.Multimon),12}  {m.Fault}");

    // Per cent heard, and in brackets how many were heard that were not sent.
    private static string Cell(Score? score) => score is null ? "" : score.Spurious == 0 ? score.Percent.ToString("0.0", Plain) : string.Create(Plain, $"{score.Percent:0.0} (+{score.Spurious})");

    private static void Write(List<Measured> all)
    {
        var folder = Path.Combine(Home(), "results");
        Directory.CreateDirectory(folder);
        var tsv = new StringBuilder("signal\tseries\tx\tours\toursSpurious\tspandsp\tspandspSpurious\tmultimon\tmultimonSpurious\tleast\tdemand\n");
        foreach (var (p, ours, spandsp, multimon) in all)
            tsv.Append(Plain, $"{p.Signal}\t{p.Series}\t{p.X}\t{ours.Percent:0.0}\t{ours.Spurious}\t{spandsp.Percent:0.0}\t{spandsp.Spurious}\t{multimon?.Percent:0.0}\t{multimon?.Spurious}\t{(p.Least > 0 ? p.Least : null):0.0}\t{p.Demand}\n");
        File.WriteAllText(Path.Combine(folder, "accuracy.tsv"), tsv.ToString());
        var page = new StringBuilder("# Accuracy, ours against spandsp and multimon-ng\nPer cent heard; in brackets how many were heard that were not sent. Made by `accuracy`; how each point is made stands in `Accuracy/Sweep.cs`.\n");
        foreach (var series in all.GroupBy(m => (m.Point.Signal, m.Point.Series)))
        {
            page.Append(Plain, $"\n## {Title(series.Key.Signal)}: {series.Key.Series}\n![{Title(series.Key.Signal)}, {series.Key.Series}]({Picture(series.Key.Signal, series.Key.Series)})\n\n| {Sweep.Axes[series.Key.Series]} | ours | spandsp | multimon-ng | asked |\n|---|---|---|---|---|\n");
            foreach (var m in series) page.Append(Plain, $"| {m.Point.X} | {Cell(m.Ours)} | {Cell(m.Spandsp)} | {Cell(m.Multimon)} | {Asked(m.Point)} |\n");
            Plot(folder, series.Key.Signal, series.Key.Series, [.. series]);
        }
        File.WriteAllText(Path.Combine(folder, "accuracy.md"), page.ToString());
    }

    private static string Asked(Point point) => point switch
    {
        { Demand: Demand.Never } => "0",
        { Demand: Demand.None } => "",
        { Demand: Demand.Spandsp } => "≥ spandsp",
        { Least: > 0 and var least } => string.Create(Plain, $"≥ {least}"),
        _ => "≥ peers",
    };

    private static string Title(Signal signal) => signal switch { Signal.Dtmf => "DTMF", Signal.V23 => "V.23 caller ID", _ => "Bell 202 caller ID" };

    private static string Picture(Signal signal, string series) => $"{signal.ToString().ToLowerInvariant()}-{series}.png";

    private static void Plot(string folder, Signal signal, string series, List<Measured> points)
    {
        var script = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var (lines, data) = (new List<string>(), new StringBuilder());
        // Open and larger beneath, full and small on top: curves that lie on each other are all seen.
        Curve("spandsp", "#d95f02", 6, 2.4, m => m.Spandsp);
        if (points[0].Multimon is not null) Curve("multimon-ng", "#7570b3", 8, 1.8, m => m.Multimon!);
        Curve("ours", "#1b6ca8", 7, 0.8, m => m.Ours);
        File.WriteAllText(script, $"""
            set terminal pngcairo size 720,440 font "Sans,10" noenhanced
            set output '{Path.Combine(folder, Picture(signal, series))}'
            set title '{Title(signal)}: {series}'
            set xlabel '{Sweep.Axes[series]}'
            set ylabel 'heard, %'
            set yrange [-3:105]
            set autoscale xfix
            set offsets graph 0.03, graph 0.03, 0, 0
            set grid
            set bmargin 5
            set key at screen 0.5, 0.04 center horizontal
            plot {string.Join(", ", lines)}
            {data}
            """);
        Peers.Run("gnuplot", [script]);
        File.Delete(script);

        void Curve(string title, string colour, int mark, double size, Func<Measured, Score> score)
        {
            lines.Add(string.Create(Plain, $"'-' using 1:2 with linespoints linewidth 2 pointtype {mark} pointsize {size} linecolor rgb '{colour}' title '{title}'"));
            foreach (var m in points.OrderBy(m => m.Point.X)) data.Append(Plain, $"{m.Point.X} {score(m).Percent}\n");
            data.Append("e\n");
        }
    }
}
