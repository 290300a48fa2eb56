using System.Net;
using System.Net.Sockets;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// Where one stream of one call arrives: it exists while the call does, and is connected to the address that the PBX has
/// named, so that the kernel drops whatever anybody else sends there.
/// </summary>
internal sealed class MediaSocket : IAsyncDisposable
{
    private const int MostPacket = 1_500, Buffered = 256 * 1024;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _receiving;
    private readonly int _stream;
    private readonly SiprecLine _line;
    private readonly byte[]? _key;
    private readonly Srtp? _srtp;

    /// <exception cref="SocketException">No socket is to be had, or the address cannot be reached from here.</exception>
    public MediaSocket(SiprecLine line, int stream, IPAddress local, IPEndPoint from, byte payload, byte[]? key)
    {
        (_line, _stream, From, Payload, _key, _srtp) = (line, stream, from, payload, key, key is null ? null : new(key));
        _socket = new(from.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = Buffered };
        try
        {
            _socket.Bind(new IPEndPoint(local, 0));
            _socket.Connect(from);
            // What came between the two lines above may be anybody's.
            var anybodys = new byte[MostPacket];
            while (_socket.Available > 0) _socket.Receive(anybodys, SocketFlags.None, out _);
            Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        }
        catch
        {
            _socket.Dispose();
            _srtp?.Dispose();
            throw;
        }
        _receiving = ReceiveAsync();
    }

    public IPEndPoint From { get; }

    public byte Payload { get; }

    public int Port { get; }

    /// <summary>It takes what is offered now just as well.</summary>
    public bool Fits(IPEndPoint from, byte payload, byte[]? key) => From.Equals(from) && Payload == payload && (key ?? []).AsSpan().SequenceEqual(_key ?? []);

    private async Task ReceiveAsync()
    {
        var buffer = new byte[MostPacket];
        for (; ; )
        {
            try
            {
                var length = await _socket.ReceiveAsync(buffer, SocketFlags.None, _ended.Token).ConfigureAwait(false);
                Take(buffer.AsSpan(0, length));
            }
            catch (SocketException e) when (e.SocketErrorCode is not (SocketError.OperationAborted or SocketError.Shutdown))
            {
                // too long a packet, or the peer's port said that it is closed: the next may be good
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Take(Span<byte> bytes)
    {
        if (_srtp is not null) bytes = bytes[.._srtp.Open(bytes)];
        if (RtpPacket.TryParse(bytes, out var packet) && packet.Payload == Payload) _line.Take(_stream, packet);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _receiving.ConfigureAwait(false);
        _srtp?.Dispose();
        _ended.Dispose();
    }
}
