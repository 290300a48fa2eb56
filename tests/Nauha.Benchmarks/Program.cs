using Nauha.Benchmarks;

var rows = new List<Row> { Encoding.Row(), Sealing.Row(), Sealing.RowWithHash() };
if (Verifying.Row() is { } verifying) rows.Add(verifying);
Console.WriteLine($"{"what",-34} {"ours",14} {"peer",14} {"ratio",7}   peer");
foreach (var row in rows) Console.WriteLine($"{row.What,-34} {row.Ours,14} {row.Peer,14} {row.Ratio,7:F2}   {row.PeerName}");
return 0;
