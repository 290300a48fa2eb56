using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;

namespace Nauha.Drivers.Siprec;

/// <summary>A SIP peer cannot be reached, refuses, or is gone: what, and what to look at.</summary>
public sealed class SiprecException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>
/// The one connection to the PBX, which this box has opened: all requests of either side go over it (RFC 5626). What is to
/// be sent waits in a queue of its own, so that nobody who handles a call waits for the network.
/// </summary>
internal sealed class SipFlow : IAsyncDisposable
{
    private const int MostWaiting = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Stream _stream;
    private readonly Channel<byte[]> _out = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly SipReader _reader;
    private readonly Task _writing;

    private SipFlow(Stream stream, IPEndPoint local)
    {
        (_stream, Local, _reader) = (stream, local, new(stream));
        _writing = WriteAsync();
    }

    /// <summary>This box's end of it: where requests are to come, and the address for media.</summary>
    public IPEndPoint Local { get; }

    /// <exception cref="SiprecException">It cannot be reached, or its certificate is not believed.</exception>
    public static async Task<SipFlow> ConnectAsync(TrunkOptions options, TimeProvider time, CancellationToken cancel)
    {
        var (server, port) = (options.Server!, options.ServerPort);
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, port, either.Token).ConfigureAwait(false);
            var local = (IPEndPoint)socket.LocalEndPoint!;
            if (local.Address.IsIPv4MappedToIPv6) local = new(local.Address.MapToIPv4(), local.Port);
            if (options.Transport != "tls")
            {
                if (!options.PlainTcp && !IPAddress.IsLoopback(local.Address)) throw new SiprecException($"The PBX {server} is another machine: transport tls, or plainTcp=true where the network between is believed.");
                return new(new NetworkStream(socket, ownsSocket: true), local);
            }
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            try
            {
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server, CertificateChainPolicy = Believed(options.TrustFile) }, either.Token).ConfigureAwait(false);
                return new(tls, local);
            }
            catch
            {
                await tls.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception e) when (e is SocketException or System.Security.Authentication.AuthenticationException or IOException and not SiprecException or System.Security.Cryptography.CryptographicException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            socket.Dispose();
            throw new SiprecException($"The PBX {server}, port {port}, cannot be reached by {options.Transport}: {(e is OperationCanceledException ? "no answer within 10 s" : e.GetBaseException().Message)}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static X509ChainPolicy? Believed(string? file)
    {
        if (file is null) return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }

    /// <summary>Queues. A peer that takes nothing any more ends the connection.</summary>
    public void Send(byte[] bytes)
    {
        if (!_out.Writer.TryWrite(bytes)) _ended.Cancel();
    }

    /// <exception cref="SiprecException">The connection is gone.</exception>
    public async ValueTask<(SipRead What, SipMessage? Message)> ReadAsync()
    {
        try
        {
            return await _reader.ReadAsync(_ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            throw new SiprecException("The connection to the PBX is gone.", e);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var bytes in _out.Reader.ReadAllAsync(_ended.Token).ConfigureAwait(false)) await _stream.WriteAsync(bytes, _ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            await _ended.CancelAsync().ConfigureAwait(false);   // whoever reads says it
        }
    }

    /// <summary>What is queued goes out first, for as long as the peer takes it.</summary>
    public async ValueTask DisposeAsync()
    {
        _out.Writer.TryComplete();
        await Task.WhenAny(_writing, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        _ended.Dispose();
    }
}
