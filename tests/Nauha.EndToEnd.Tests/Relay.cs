using System.Net;
using System.Net.Sockets;

namespace Nauha.EndToEnd.Tests;

/// <summary>
/// Stands on the wire between box and central and passes on what it cannot read. Once more than so many bytes of one
/// connection have come up it turns deaf, before it passes on the last of them: from then on nothing reaches the box.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _door = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _central;
    private readonly long _most;
    private readonly Task _work;
    private volatile bool _isDeaf;

    public Relay(int central, long most)
    {
        (_central, _most) = (central, most);
        _door.Start();
        _work = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_door.LocalEndpoint).Port;

    public bool IsDeaf => _isDeaf;

    /// <summary>Passes everything on again, in connections to come.</summary>
    public void Heal() => _isDeaf = false;

    private async Task AcceptAsync()
    {
        List<Task> pairs = [];
        try
        {
            for (var first = true; ; first = false) pairs.Add(PassAsync(await _door.AcceptTcpClientAsync(_end.Token), first ? _most : long.MaxValue));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
        await Task.WhenAll(pairs);
    }

    private async Task PassAsync(TcpClient box, long most)
    {
        using (box)
        using (var central = new TcpClient())
        {
            if (_isDeaf) return;
            try
            {
                await central.ConnectAsync(IPAddress.Loopback, _central, _end.Token);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                var up = CopyAsync(box.GetStream(), central.GetStream(), most, both);
                var down = CopyAsync(central.GetStream(), box.GetStream(), long.MaxValue, both, isDown: true);
                await Task.WhenAll(up, down);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // One side left; the other learns it by the end of its connection.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, long most, CancellationTokenSource both, bool isDown = false)
    {
        try
        {
            var buffer = new byte[4_096];
            long passed = 0;
            for (int read; (read = await from.ReadAsync(buffer, both.Token)) > 0;)
            {
                passed += read;
                if (passed > most) _isDeaf = true;
                if (!isDown || !_isDeaf) await to.WriteAsync(buffer.AsMemory(0, read), both.Token);
            }
        }
        finally
        {
            await both.CancelAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work;
        _door.Dispose();
        _end.Dispose();
    }
}
