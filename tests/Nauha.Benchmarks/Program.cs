using Nauha.Benchmarks;
using Nauha.Benchmarks.Accuracy;

if (args is ["accuracy", .. var options]) return Report.Run(options.Contains("--quick"), options.FirstOrDefault(o => !o.StartsWith('-')));

List<Row> rows = args switch
{
    ["hearing"] => [.. Hearing.Rows()],
    ["way"] => [.. WholeWay.Rows()],
    _ => [Encoding.Row(), Sealing.Row(), Sealing.RowWithHash(), .. Hearing.Rows(), .. WholeWay.Rows()],
};
if (args.Length == 0 && Verifying.Row() is { } verifying) rows.Add(verifying);
Console.WriteLine($"{"what",-34} {"ours",16} {"peer",16} {"ratio",7}   peer");
foreach (var row in rows) Console.WriteLine($"{row.What,-34} {row.Ours,16} {row.Peer,16} {row.Ratio,7:F2}   {row.PeerName}");
return 0;
