using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Nauha.Central.Commands;

/// <summary>
/// Talks to the running central over its admin socket; where none runs, the same application is hosted on the socket for
/// as long as the command lasts. One process owns the store, always.
/// </summary>
internal sealed class AdminClient : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly WebApplication? _own;
    private readonly StoreLock? _lock;

    private AdminClient(string socket, WebApplication? own, StoreLock? storeLock)
    {
        (_own, _lock) = (own, storeLock);
        _http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await unix.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(unix, ownsSocket: true);
            },
        })
        { BaseAddress = new("http://central") };
    }

    /// <param name="settings">As <c>serve</c> reads them: offline, the command is central itself, with its keystore's key.</param>
    public static async Task<AdminClient> OpenAsync(CentralOptions settings, CancellationToken cancel)
    {
        var options = settings with { SocketOnly = true, Demo = false };
        if (!Directory.Exists(options.Data)) throw new CentralException($"{options.Data} does not exist. Is this central's data folder (--data)?");
        if (StoreLock.TryTake(options.Data) is not { } storeLock) return new(options.Socket, null, null);
        WebApplication? app = null;
        try
        {
            app = CentralHost.Build(options, TimeProvider.System);
            await app.StartAsync(cancel);
            return new(options.Socket, app, storeLock);
        }
        catch
        {
            if (app is not null) await app.DisposeAsync();
            storeLock.Dispose();
            throw;
        }
    }

    public void Bear(string token) => _http.DefaultRequestHeaders.Authorization = new("Bearer", token);

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancel) => await ReadAsync(await _http.GetAsync(new Uri(path, UriKind.Relative), cancel), cancel);

    public async Task<JsonElement> PostAsync<T>(string path, T body, CancellationToken cancel) => await ReadAsync(await _http.PostAsJsonAsync(path, body, cancel), cancel);

    /// <summary>Writes the answer's body to a file that must not exist, as it comes; half a file does not stay.</summary>
    public async Task<long> DownloadAsync<T>(string path, T body, string file, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!response.IsSuccessStatusCode) await ReadAsync(response, cancel);
        var target = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        var whole = false;
        try
        {
            await response.Content.CopyToAsync(target, cancel);
            target.Flush(flushToDisk: true);
            whole = true;
            return target.Length;
        }
        finally
        {
            await target.DisposeAsync();
            if (!whole) File.Delete(file);
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var text = await response.Content.ReadAsStringAsync(cancel);
        var json = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        if (response.IsSuccessStatusCode) return json;
        var detail = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("detail", out var d) ? d.GetString() : null;
        throw new RefusedException((int)response.StatusCode, detail ?? $"central answered {(int)response.StatusCode}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_own is not null)
        {
            await _own.StopAsync();
            await _own.DisposeAsync();
        }
        _lock?.Dispose();
    }
}

/// <summary>The command was not used as it can be.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Central said no, and why.</summary>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    /// <summary>Bad usage and refusals are 2 and 1; what could not be found out is 3.</summary>
    public int ExitCode => status is 400 ? 2 : status is 404 or 409 ? 1 : 3;
}

/// <summary>run/lock: held by the one process that owns the store.</summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    public static StoreLock? TryTake(string data)
    {
        var run = Path.Combine(data, "run");
        Durable.CreateFolder(run);
        try
        {
            return new(new FileStream(Path.Combine(run, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
