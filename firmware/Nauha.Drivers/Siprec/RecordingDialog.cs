using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// One recorded call: its dialog with the PBX (RFC 3261 §12), its streams, who takes part, and the line that it feeds.
/// Stepped under the trunk's lock; it says what to send and waits for nobody.
/// </summary>
internal sealed class RecordingDialog(TrunkOptions options, SiprecLine line, IPEndPoint local, string contact, Action<SipMessage> send)
{
    private const double First = 0.5, Longest = 4, Patience = 32;     // RFC 3261 §13.3.1.4: T1, T2, 64 T1
    private const double LongestQuiet = 30;

    private readonly MediaSocket?[] _media = new MediaSocket?[SdpOffer.MostStreams];
    private readonly bool[] _held = new bool[SdpOffer.MostStreams];
    private readonly string _tag = SipNames.Next();
    private RecordingMetadata? _metadata;
    private HashSet<string> _people = [];
    private SignalledCall? _call;
    private SipMessage? _answered;
    private string? _sdp;
    private double _answeredAt, _againAt, _wait;
    private long _remoteSeq, _localSeq, _version;
    private int _joins;
    private string _target = "", _remote = "", _own = "";
    private List<string> _route = [];

    public SiprecLine Line => line;

    public string CallId { get; private set; } = "";

    public string RemoteTag { get; private set; } = "";

    public string Tag => _tag;

    public (long Number, string Branch) Invite { get; private set; }

    /// <summary>Why it is over; null: it goes on.</summary>
    public string? Over { get; private set; }

    public bool IsOf(SipMessage request) => request.CallId == CallId && request.ToTag == _tag && request.FromTag == RemoteTag;

    /// <summary>The first INVITE. A refusal is sent and <see cref="Over"/> says why.</summary>
    public void Begin(SipMessage invite, double now)
    {
        (CallId, RemoteTag, _remoteSeq, _remote, _own) = (invite.CallId, invite.FromTag, invite.CSeq.Number, invite["From"]!, $"{invite["To"]};tag={_tag}");
        Invite = (invite.CSeq.Number, SipText.Param(invite["Via"], "branch") ?? "");
        _route = [.. invite.All("Record-Route")];
        if (Offered(invite) is not ({ } offer, var metadata)) return;
        Know(metadata);
        line.Begin(_call!);
        if (Open(offer) is { } refusal)
        {
            Refuse(invite, refusal.Status, refusal.Reason);
            Close();
            return;
        }
        line.Update(_call!);
        Answer(invite, now);
    }

    /// <summary>re-INVITE or UPDATE: hold, resume, other addresses, other people.</summary>
    public void Again(SipMessage request, double now)
    {
        if (request.CSeq.Number <= _remoteSeq)
        {
            send(request.Answer(500, "Out Of Order"));
            return;
        }
        _remoteSeq = request.CSeq.Number;
        if (request.Body.Length == 0 && request.Method == "UPDATE")
        {
            Target(request);
            send(Good(request));
            return;
        }
        if (!Multipart.TryRead(request["Content-Type"], request.Body, out var parts))
        {
            send(request.Answer(400, "Unreadable Body"));
            return;
        }
        SdpOffer? offer = null;
        if (parts.Find(part => part.Type == "application/sdp") is { Type: not null } sdp && !SdpOffer.TryParse(sdp.Content.Span, out offer, out _))
        {
            send(request.Answer(400, "Unreadable SDP"));
            return;
        }
        Know(MetadataOf(parts));
        if (offer is not null && Open(offer) is { } refusal)
        {
            // What is left of its streams is not what the other side believes: it begins anew.
            send(request.Answer(refusal.Status, refusal.Reason));
            End("its new streams cannot be taken");
            return;
        }
        if (request.Method == "INVITE") Answer(request, now);
        else send(offer is null ? Good(request) : Good(request).With("application/sdp", _sdp!));
        line.Update(_call!);
    }

    public void Acknowledged(SipMessage ack)
    {
        if (ack.CSeq.Number == _answered?.CSeq.Number) _answered = null;
    }

    public void Bye(SipMessage bye)
    {
        send(bye.Answer(200, "OK"));
        End("the PBX has ended it", say: false);
    }

    /// <summary>This side ends it.</summary>
    public void End(string why, bool say = true)
    {
        if (Over is not null) return;
        Over = why;
        if (say)
        {
            var bye = new SipMessage { Method = "BYE", Uri = _target }
                .Add("Via", SipNames.Via(options, local)).Add("Max-Forwards", "70").Add("From", _own).Add("To", _remote).Add("Call-ID", CallId).Add("CSeq", string.Create(CultureInfo.InvariantCulture, $"{++_localSeq} BYE"));
            foreach (var hop in _route) bye.Add("Route", hop);
            send(bye);
        }
        Close();
    }

    public void Tick(double now)
    {
        if (Over is not null) return;
        if (_answered is { } answered)
        {
            if (now - _answeredAt > Patience) End("nobody has acknowledged it");
            else if (now >= _againAt)
            {
                send(answered);
                (_wait, _againAt) = (Math.Min(Longest, _wait * 2), now + Math.Min(Longest, _wait * 2));
            }
        }
        if (!_call!.Held && line.QuietFor > LongestQuiet) End("its streams have been silent for 30 s");
    }

    private (SdpOffer, RecordingMetadata?)? Offered(SipMessage invite)
    {
        if (!Multipart.TryRead(invite["Content-Type"], invite.Body, out var parts)) return Refuse(invite, 400, "Unreadable Body");
        if (parts.Find(part => part.Type == "application/sdp") is not { Type: not null } sdp) return Refuse(invite, parts.Count == 0 ? 488 : 415, parts.Count == 0 ? "Not Acceptable Here" : "Unsupported Media Type");
        return SdpOffer.TryParse(sdp.Content.Span, out var offer, out _) ? (offer, MetadataOf(parts)) : Refuse(invite, 400, "Unreadable SDP");
    }

    private (SdpOffer, RecordingMetadata?)? Refuse(SipMessage request, int status, string reason)
    {
        var answer = request.Answer(status, reason, _tag);
        if (status == 415) answer.Add("Accept", SipNames.Accept);
        send(answer);
        Over = reason;
        return null;
    }

    // What cannot be read changes nothing: the streams are what matters.
    private RecordingMetadata? MetadataOf(List<(string Type, ReadOnlyMemory<byte> Content)> parts) =>
        parts.Find(part => part.Type is "application/rs-metadata+xml" or "application/rs-metadata") is { Type: not null } part && RecordingMetadata.TryRead(part.Content, _metadata, out var metadata) ? metadata : _metadata;

    private void Know(RecordingMetadata? metadata)
    {
        _metadata = metadata;
        var people = metadata?.Participants.Select(one => one.Id).ToHashSet(StringComparer.Ordinal) ?? [];
        if (_call is not null && people.Any(one => !_people.Contains(one))) _joins++;
        _people = people;
        Say();
    }

    private void Say()
    {
        var held = false;
        for (var i = 0; i < _media.Length; i++)
        {
            if (_media[i] is null) continue;
            if (!_held[i])
            {
                held = false;
                break;
            }
            held = true;
        }
        var call = new SignalledCall(_metadata?.Party(line.Local), _metadata?.Direction(line.Local, options.CallerFirst), held, _joins);
        if (call != _call) _call = call;
    }

    // Sockets for what is offered now; a stream that goes on as it was keeps its own.
    private (int Status, string Reason)? Open(SdpOffer offer)
    {
        var ports = new int[offer.Media.Count];
        var stream = 0;
        try
        {
            for (var i = 0; i < offer.Media.Count; i++)
            {
                if (offer.Media[i] is not { From: { } from } medium || stream == SdpOffer.MostStreams || from.AddressFamily != local.AddressFamily)
                {
                    if (offer.Media[i] is not { Held: true, Kind: "audio" } still || stream >= SdpOffer.MostStreams || _media[stream] is null || !(still.Line.StartsWith("RTP/AVP ", StringComparison.Ordinal) || still.Line.StartsWith("RTP/SAVP ", StringComparison.Ordinal))) continue;
                    // On hold by an address of zeros: its socket waits.
                    (ports[i], _held[stream]) = (_media[stream]!.Port, true);
                    line.Hold(stream++, true);
                    continue;
                }
                if (_media[stream] is not { } socket || (!medium.Held && !socket.Fits(from, medium.Payload, medium.Crypto?.Key)))
                {
                    Drop(stream);
                    socket = _media[stream] = new(line, stream, local.Address, from, medium.Payload, medium.Crypto?.Key);
                }
                (ports[i], _held[stream]) = (socket.Port, medium.Held);
                line.Hold(stream++, medium.Held);
            }
        }
        catch (SocketException)
        {
            return (500, "No Socket");
        }
        if (stream == 0) return (488, "Not Acceptable Here");
        for (; stream < _media.Length; stream++)
        {
            if (_media[stream] is not null) line.Hold(stream, true);
            Drop(stream);
        }
        _sdp = offer.Answer(local.Address, ports, ++_version);
        Say();
        return null;
    }

    private void Drop(int stream)
    {
        if (_media[stream] is not { } socket) return;
        _media[stream] = null;
        _ = socket.DisposeAsync().AsTask();     // its loop ends by itself; nobody waits for it under the lock
    }

    private void Target(SipMessage request)
    {
        if (SipText.Uri(request["Contact"]) is { Length: <= 512 } target) _target = target;
    }

    private SipMessage Good(SipMessage request) => request.Answer(200, "OK", _tag).Add("Contact", $"{contact};+sip.srs").Add("Allow", SipNames.Allow).Add("Supported", "siprec");

    private void Answer(SipMessage invite, double now)
    {
        Target(invite);
        _answered = Good(invite).Add("Accept", SipNames.Accept).With("application/sdp", _sdp!);
        (_answeredAt, _againAt, _wait) = (now, now + First, First);
        send(_answered);
    }

    private void Close()
    {
        for (var stream = 0; stream < _media.Length; stream++) Drop(stream);
        line.End();
    }
}
