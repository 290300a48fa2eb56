using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nauha.Central.Commands;
using Nauha.Central.Fleet;
using Nauha.Central.Ingest;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Tests;

/// <summary>A whole central in this process, with its ports, on a folder of its own.</summary>
internal sealed class RunningCentral : IAsyncDisposable
{
    private WebApplication _app = null!;
    private StoreLock? _lock;
    private (int Https, int Mqtts) _ports;

    public string Data { get; } = Directory.CreateTempSubdirectory("nauha-central-").FullName;

    public RunningPorts Ports => _app.Services.GetRequiredService<RunningPorts>();

    public Keystore Keys => _app.Services.GetRequiredService<Keystore>();

    public Nauha.Central.Retention.Reports Reports => _app.Services.GetRequiredService<Nauha.Central.Retention.Reports>();

    public Register Register => _app.Services.GetRequiredService<Register>();

    public CertificateAuthority Authority => _app.Services.GetRequiredService<CertificateAuthority>();

    public Uri Url(string path) => new($"https://localhost:{Ports.Https}{path}");

    public bool Demo { get; private init; }

    public TimeProvider Time { get; private init; } = TimeProvider.System;

    /// <summary>No ports and no nights: the application as a command hosts it.</summary>
    private bool SocketOnly { get; init; }

    public IServiceProvider Services => _app.Services;

    public T The<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Owns the store's lock, as serve does: commands are then its clients.</summary>
    public bool Served { get; private init; }

    /// <summary>Before it starts.</summary>
    public Action<WebApplication>? Plant { get; private init; }

    public static async Task<RunningCentral> OpenAsync(bool demo = true, TimeProvider? time = null, bool served = false, Action<WebApplication>? plant = null, bool socketOnly = false)
    {
        var central = new RunningCentral { Demo = demo, Time = time ?? TimeProvider.System, Served = served, Plant = plant, SocketOnly = socketOnly };
        await central.StartAsync();
        return central;
    }

    public async Task StartAsync()
    {
        if (Served) _lock = StoreLock.TryTake(Data);
        _app = CentralHost.Build(new(Data, _ports.Https, _ports.Mqtts, Demo, SocketOnly: SocketOnly), Time);
        Plant?.Invoke(_app);
        await _app.StartAsync();
        if (!SocketOnly) _ports = (Ports.Https, Ports.Mqtts);   // where appliances look for it, also after it was started again
    }

    public async Task StopAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _lock?.Dispose();
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Says something as an appliance whose message the broker has let through.</summary>
    public async Task<List<(TopicKind Kind, byte[] Payload)>> HearsAsync(ApplianceId appliance, TopicKind kind, byte[] payload) =>
        [.. (await _app.Services.GetRequiredService<Intake>().TakeAsync(appliance, kind, payload, CancellationToken.None)).Select(r => (r.Kind, r.Payload))];

    public async Task<T> DatabaseAsync<T>(Func<CentralDb, Task<T>> ask)
    {
        await using var db = await _app.Services.GetRequiredService<IDbContextFactory<CentralDb>>().CreateDbContextAsync();
        return await ask(db);
    }

    public Task<List<string>> AlarmsAsync() => DatabaseAsync(db => db.Alarms.OrderBy(a => a.Id).Select(a => a.Kind).ToListAsync());

    public Receipt ReadReceipt((TopicKind Kind, byte[] Payload) reply) =>
        reply.Kind == TopicKind.Receipt && Envelope.TryOpen(reply.Payload, PayloadTypes.Receipt, new TrustKeyring(Register.Trust), out var opened, out var error) && Receipt.TryParse(opened.Payload, out var receipt, out error)
            ? receipt : throw new Xunit.Sdk.XunitException($"that is no receipt of this central: {reply.Kind}");

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _lock?.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}
