using Nauha.Benchmarks;
using Nauha.Benchmarks.Accuracy;

if (args is ["accuracy", .. var options]) return Report.Run(options.Contains("--quick"), options.FirstOrDefault(o => !o.StartsWith('-')));
if (args is ["index"])
{
    await Indexing.RunAsync();
    return 0;
}

List<Row> rows = args switch
{
    ["sealing"] => [.. Sealing.Rows()],
    ["hearing"] => [.. Hearing.Rows()],
    ["way"] => [.. WholeWay.Rows()],
    ["verifying"] => [.. Verifying.Rows()],
    ["start"] => [.. Starting.Rows()],
    _ => [Encoding.Row(), .. Sealing.Rows(), .. Hearing.Rows(), .. WholeWay.Rows(), .. Verifying.Rows(), .. Starting.Rows()],
};
Console.WriteLine($"{"what",-34} {"ours",16} {"peer",16} {"ratio",7}   peer");
foreach (var row in rows) Console.WriteLine($"{row.What,-34} {row.Ours,16} {row.Peer,16} {row.Ratio,7:F2}   {row.PeerName}");
return 0;
