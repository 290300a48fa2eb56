using Microsoft.Extensions.Hosting;

// What a generic host costs that does nothing: the measure for the recorder's memory and start (Nauha.Benchmarks, start).
await Host.CreateApplicationBuilder(args).Build().RunAsync();
