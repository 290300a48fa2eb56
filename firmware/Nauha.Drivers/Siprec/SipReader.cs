using System.Globalization;

namespace Nauha.Drivers.Siprec;

/// <summary>What came over a connection.</summary>
internal enum SipRead
{
    Message,

    /// <summary>The peer asks whether the connection lives (RFC 5626 §4.4.1): an empty line goes back.</summary>
    Ping,

    /// <summary>It says that it does.</summary>
    Pong,

    /// <summary>What came is no SIP, or too much of it: nothing after it can be understood.</summary>
    Broken,

    /// <summary>The peer has closed.</summary>
    Closed,
}

/// <summary>
/// Cuts a stream into SIP messages (RFC 3261 §18.3): a head of at most 16 KiB, a body of as many bytes as Content-Length
/// says, at most 64 KiB. It holds one buffer, whatever comes.
/// </summary>
internal sealed class SipReader(Stream stream)
{
    private const int MostHead = 16 * 1024, MostBody = 64 * 1024;

    private readonly byte[] _buffer = new byte[MostHead + MostBody];
    private int _filled;

    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask<(SipRead What, SipMessage? Message)> ReadAsync(CancellationToken cancel)
    {
        for (; ; )
        {
            if (Cut() is { } cut) return cut;
            if (_filled == _buffer.Length) return (SipRead.Broken, null);
            var read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancel).ConfigureAwait(false);
            if (read == 0) return (SipRead.Closed, null);
            _filled += read;
        }
    }

    private (SipRead, SipMessage?)? Cut()
    {
        var there = _buffer.AsSpan(0, _filled);
        if (there.StartsWith("\r\n\r\n"u8)) return Take(4, SipRead.Ping);
        if (there.StartsWith("\r\n"u8)) return Take(2, SipRead.Pong);
        if (there is [(byte)'\r']) return null;
        var end = there.IndexOf("\r\n\r\n"u8);
        if (end > MostHead || (end < 0 && _filled >= MostHead)) return (SipRead.Broken, null);
        if (end < 0) return null;
        if (!SipMessage.TryParse(there[..end], out var message)) return (SipRead.Broken, null);
        // On a stream nothing else says where the body ends (§20.14).
        if (message.All("Content-Length").ToList() is not [var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > MostBody) return (SipRead.Broken, null);
        if (_filled < end + 4 + length) return null;
        message.Body = there.Slice(end + 4, length).ToArray();
        Take(end + 4 + length, SipRead.Message);
        return (SipRead.Message, message);
    }

    private (SipRead, SipMessage?) Take(int bytes, SipRead what)
    {
        Array.Copy(_buffer, bytes, _buffer, 0, _filled -= bytes);
        return (what, null);
    }
}
