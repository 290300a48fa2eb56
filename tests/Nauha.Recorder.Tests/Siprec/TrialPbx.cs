using System.Net;
using System.Net.Sockets;
using System.Text;
using Nauha.Audio;
using Nauha.Drivers.Siprec;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>
/// A PBX in the test's own hand, on loopback: the registrar to which the box connects, and the recording client that sends
/// it calls over that connection. What it writes is written here by hand, not by the box's own classes.
/// </summary>
internal sealed class TrialPbx : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<byte> _in = [];
    private TcpClient? _client;
    private int _seq = 100;

    public TrialPbx() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public TrunkOptions Trunk => new() { Server = "127.0.0.1", Port = Port, Transport = "tcp", User = "nauha" };

    /// <summary>Where the box has said that it is reached.</summary>
    public string Contact { get; private set; } = "";

    /// <summary>The box connects and registers, and that is taken.</summary>
    public async Task<string> RegisterAsync(Func<string, string?>? answer = null)
    {
        await ConnectAsync();
        for (; ; )
        {
            var request = await NextAsync();
            Contact = Between(request, "Contact: <", ">");
            if (answer?.Invoke(request) is { } other)
            {
                await SendAsync(other);
                continue;
            }
            await SendAsync(Reply(request, "200 OK", $"Contact: <{Contact}>;expires=300\r\n"));
            return request;
        }
    }

    public async Task ConnectAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        _client?.Dispose();
        _client = await _listener.AcceptTcpClientAsync(patience.Token);
        _in.Clear();
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _client!.GetStream().WriteAsync(bytes);

    /// <summary>The connection is gone.</summary>
    public void HangUp() => _client?.Client.Close(0);

    /// <summary>The next message of the box; empty: it has closed.</summary>
    public async Task<string> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[4_096];
        for (; ; )
        {
            var text = Encoding.UTF8.GetString([.. _in]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (text.StartsWith("\r\n", StringComparison.Ordinal))
            {
                _in.RemoveRange(0, 2);
                return "\r\n";
            }
            if (end >= 0 && int.Parse(Between(text, "Content-Length: ", "\r\n"), System.Globalization.CultureInfo.InvariantCulture) is var length && _in.Count >= end + 4 + length)
            {
                _in.RemoveRange(0, end + 4 + length);
                return text[..(end + 4 + length)];
            }
            var read = await _client!.GetStream().ReadAsync(buffer, patience.Token);
            if (read == 0) return "";
            _in.AddRange(buffer[..read]);
        }
    }

    public static string Reply(string request, string status, string headers = "")
    {
        var kept = request.Split("\r\n").Where(line => line.StartsWith("Via:", StringComparison.Ordinal) || line.StartsWith("From:", StringComparison.Ordinal) || line.StartsWith("Call-ID:", StringComparison.Ordinal) || line.StartsWith("CSeq:", StringComparison.Ordinal)).ToList();
        return $"SIP/2.0 {status}\r\n{string.Join("\r\n", kept)}\r\nTo: {Between(request, "To: ", "\r\n")};tag=pbx\r\n{headers}Content-Length: 0\r\n\r\n";
    }

    public static string Between(string text, string from, string until)
    {
        var at = text.IndexOf(from, StringComparison.Ordinal);
        if (at < 0) return "";
        at += from.Length;
        var end = text.IndexOf(until, at, StringComparison.Ordinal);
        return end < 0 ? text[at..] : text[at..end];
    }

    public static string Metadata(string caller = "sip:+358409990123@pstn.example", string agent = "sip:2001@pbx.example", string extra = "") => $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <recording xmlns="urn:ietf:params:xml:ns:recording:1">
          <datamode>complete</datamode>
          <session session_id="hVpd7YQgRW2nD22h7q60JQ=="/>
          <participant participant_id="p1"><nameID aor="{caller}"><name xml:lang="en">Somebody</name></nameID></participant>
          <participant participant_id="p2"><nameID aor="{agent}"><name>An Agent</name></nameID></participant>
          {extra}
          <stream stream_id="s1" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>1</label></stream>
          <stream stream_id="s2" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>2</label></stream>
          <participantstreamassoc participant_id="p1"><send>s1</send><recv>s2</recv></participantstreamassoc>
          <participantstreamassoc participant_id="p2"><send>s2</send><recv>s1</recv></participantstreamassoc>
        </recording>
        """;

    public TrialCall Call(string? metadata = null) => new(this, metadata ?? Metadata());

    internal int NextSeq() => ++_seq;

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>One call that the trial PBX sends to be recorded: two streams of A-law.</summary>
internal sealed class TrialCall : IDisposable
{
    private readonly TrialPbx _pbx;
    private readonly Socket[] _out = [Media(), Media()];
    private readonly ushort[] _sequence = [65_530, 17];
    private readonly uint[] _turns = [0, 0];
    private readonly uint[] _timestamp = [4_294_967_000, 5_000];
    private readonly string _id = Guid.NewGuid().ToString("n"), _metadata;
    private string _tag = "";

    /// <summary>Master key and salt of both streams, for SRTP; null: in clear.</summary>
    public byte[]? Key { get; init; }

    public TrialCall(TrialPbx pbx, string metadata) => (_pbx, _metadata) = (pbx, metadata);

    public string Answer { get; private set; } = "";

    /// <summary>Ports of the box, one a stream.</summary>
    public int[] Ports { get; private set; } = [];

    public Socket Media0 => _out[0];

    public int From(int stream) => ((IPEndPoint)_out[stream].LocalEndPoint!).Port;

    private static Socket Media()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    public string Sdp(string way = "sendonly") => $"v=0\r\no=pbx 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        + string.Concat(Enumerable.Range(0, 2).Select(i => $"m=audio {From(i)} RTP/{(Key is null ? "AVP" : "SAVP")} 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na={way}\r\na=label:{i + 1}\r\n{(Key is null ? "" : $"a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:{Convert.ToBase64String(Key)}|2^20\r\n")}"));

    public string Request(string method, string body = "", string? contentType = null, string headers = "", int? seq = null) =>
        $"{method} {_pbx.Contact} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:{_pbx.Port};branch=z9hG4bK{_id}{seq}\r\nMax-Forwards: 70\r\nFrom: <sip:src@pbx.example>;tag=src\r\nTo: <sip:nauha@127.0.0.1>{(_tag.Length > 0 ? ";tag=" + _tag : "")}\r\nCall-ID: {_id}\r\nCSeq: {seq ?? _pbx.NextSeq()} {method}\r\nContact: <sip:src@127.0.0.1:{_pbx.Port};transport=tcp>;+sip.src\r\n{headers}"
        + (contentType is null ? "" : $"Content-Type: {contentType}\r\n") + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public string Both(string sdp, string metadata) => $"--part\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--part\r\nContent-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n{metadata}\r\n--part--\r\n";

    public async Task<string> InviteAsync(string headers = "Require: siprec\r\n")
    {
        var seq = _pbx.NextSeq();
        await _pbx.SendAsync(Request("INVITE", Both(Sdp(), _metadata), "multipart/mixed;boundary=part", headers, seq));
        Answer = await _pbx.NextAsync();
        await TakeAsync(seq);
        return Answer;
    }

    private async Task TakeAsync(int seq)
    {
        _tag = TrialPbx.Between(TrialPbx.Between(Answer, "To: ", "\r\n"), ";tag=", "\r\n");
        if (Answer.StartsWith("SIP/2.0 200", StringComparison.Ordinal)) Ports = [.. Answer.Split("\r\n").Where(line => line.StartsWith("m=audio", StringComparison.Ordinal)).Select(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture))];
        await _pbx.SendAsync(Request("ACK", seq: seq));
    }

    /// <summary>re-INVITE: sendonly, or inactive for hold.</summary>
    public async Task<string> AgainAsync(string way, string? metadata = null)
    {
        var seq = _pbx.NextSeq();
        await _pbx.SendAsync(metadata is null ? Request("INVITE", Sdp(way), "application/sdp", seq: seq) : Request("INVITE", Both(Sdp(way), metadata), "multipart/mixed;boundary=part", seq: seq));
        Answer = await _pbx.NextAsync();
        await TakeAsync(seq);
        return Answer;
    }

    public async Task<string> ByeAsync()
    {
        await _pbx.SendAsync(Request("BYE"));
        return await _pbx.NextAsync();
    }

    /// <summary>20 ms of one stream, or time that passes on it without a packet.</summary>
    public void Send(int stream, ReadOnlySpan<short> samples, bool lost = false)
    {
        var packet = new byte[12 + samples.Length];
        packet[0] = 0x80;
        packet[1] = 8;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), unchecked(_sequence[stream]++));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), _timestamp[stream]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), 0xABCD0000u + (uint)stream);
        _timestamp[stream] = unchecked(_timestamp[stream] + (uint)samples.Length);
        for (var i = 0; i < samples.Length; i++) packet[12 + i] = G711.ToALaw(samples[i]);
        if (Key is not null) packet = Sealed(packet, _turns[stream]);
        if (_sequence[stream] == 0) _turns[stream]++;
        if (!lost) _out[stream].SendTo(packet, new IPEndPoint(IPAddress.Loopback, Ports[stream]));
    }

    // RFC 3711 as its text has it, one step after the other, by big numbers.
    private byte[] Sealed(byte[] packet, uint turn)
    {
        System.Numerics.BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
        byte[] Stream(byte[] key, System.Numerics.BigInteger start, int length)
        {
            using var aes = System.Security.Cryptography.Aes.Create();
            aes.Key = key;
            var stream = new List<byte>();
            for (var i = 0; stream.Count < length; i++)
            {
                var block = (start + i).ToByteArray(isUnsigned: true, isBigEndian: true);
                stream.AddRange(aes.EncryptEcb([.. new byte[16 - block.Length], .. block], System.Security.Cryptography.PaddingMode.None));
            }
            return [.. stream.Take(length)];
        }
        byte[] Session(int label, int length) => Stream(Key![..16], (Number(Key[16..]) ^ ((System.Numerics.BigInteger)label << 48)) << 16, length);
        var (source, sequence) = (Number(packet[8..12]), Number(packet[2..4]));
        var index = ((System.Numerics.BigInteger)turn << 16) + sequence;
        var stream = Stream(Session(0, 16), (Number(Session(2, 14)) << 16) ^ (source << 64) ^ (index << 16), packet.Length - 12);
        byte[] closed = [.. packet[..12], .. packet[12..].Zip(stream, (a, b) => (byte)(a ^ b))];
        var turns = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(turns, turn);
#pragma warning disable CA5350 // the suite's own
        return [.. closed, .. System.Security.Cryptography.HMACSHA1.HashData(Session(1, 20), (byte[])[.. closed, .. turns])[..10]];
#pragma warning restore CA5350
    }

    public void Dispose()
    {
        foreach (var socket in _out) socket.Dispose();
    }
}
