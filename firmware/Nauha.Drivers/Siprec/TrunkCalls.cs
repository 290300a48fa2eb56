using System.Net;
using Microsoft.Extensions.Logging;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// The recorded calls of one trunk: answers what its PBX asks, and gives each call a free line. Whoever calls it holds the
/// trunk's lock.
/// </summary>
/// <param name="lines">The trunk's, as they come and go.</param>
internal sealed partial class TrunkCalls(string name, TrunkOptions options, IReadOnlyList<SiprecLine> lines, Action<SipMessage> send, ILogger log)
{
    private readonly List<RecordingDialog> _dialogs = [];

    /// <summary>Calls that found no free line, since the start.</summary>
    public long Refused { get; private set; }

    public void Tick(double now)
    {
        foreach (var dialog in _dialogs) dialog.Tick(now);
        Tidy();
    }

    /// <summary>All of them are ended, and the PBX is told.</summary>
    public void End(string why)
    {
        foreach (var dialog in _dialogs) dialog.End(why);
    }

    /// <summary>Its recorder has left the line.</summary>
    public void EndOn(SiprecLine line)
    {
        foreach (var dialog in _dialogs.Where(dialog => dialog.Line == line)) dialog.End("its line is closed");
        _dialogs.RemoveAll(dialog => dialog.Over is not null);
    }

    /// <summary>The connection is gone, and they with it: nobody can be told.</summary>
    public void Lose()
    {
        foreach (var dialog in _dialogs) dialog.End("the connection is lost", say: false);
        _dialogs.Clear();
    }

    /// <summary>Calls that are over are said to be, and forgotten.</summary>
    public void Tidy()
    {
        for (var i = _dialogs.Count - 1; i >= 0; i--)
        {
            if (_dialogs[i].Over is not { } why) continue;
            CallOver(name, _dialogs[i].Line.Line.Number, why);
            _dialogs.RemoveAt(i);
        }
    }

    /// <summary>What one request of the PBX's asks is done and answered.</summary>
    /// <param name="local">The box's end of the connection.</param>
    /// <param name="contact">Where the box has registered to be found.</param>
    public void Answer(SipMessage request, IPEndPoint local, string contact, double now)
    {
        var dialog = _dialogs.Find(one => one.IsOf(request));
        switch (request.Method)
        {
            case "ACK":
                dialog?.Acknowledged(request);
                break;
            case "INVITE" when request.ToTag.Length == 0:
                Invited(request, local, contact, now);
                break;
            case "CANCEL":
                // Every INVITE is answered at once: there is nothing left to take back (RFC 3261 §9.2).
                var known = _dialogs.Exists(one => one.CallId == request.CallId && one.Invite == (request.CSeq.Number, SipText.Param(request["Via"], "branch") ?? ""));
                send(request.Answer(known ? 200 : 481, known ? "OK" : "Call Does Not Exist", SipNames.Next()));
                break;
            case "OPTIONS":
                send(request.Answer(200, "OK", SipNames.Next()).Add("Allow", SipNames.Allow).Add("Accept", SipNames.Accept).Add("Supported", "siprec"));
                break;
            case "INVITE" or "UPDATE" or "BYE" when dialog is null:
                send(request.Answer(481, "Call Does Not Exist", SipNames.Next()));
                break;
            case "INVITE" or "UPDATE":
                if (!Requires(request)) dialog!.Again(request, now);
                break;
            case "BYE":
                dialog!.Bye(request);
                break;
            case "INFO" or "MESSAGE" or "NOTIFY" or "PRACK" or "PUBLISH" or "REFER" or "REGISTER" or "SUBSCRIBE":
                send(request.Answer(405, "Method Not Allowed", SipNames.Next()).Add("Allow", SipNames.Allow));
                break;
            default:
                send(request.Answer(501, "Not Implemented", SipNames.Next()));
                break;
        }
    }

    // What the other side insists on and this one does not know is named (RFC 3261 §8.2.2.3).
    private bool Requires(SipMessage request)
    {
        var unknown = request.Tokens("Require").Where(tag => !tag.Equals("siprec", StringComparison.OrdinalIgnoreCase)).ToList();
        if (unknown.Count == 0) return false;
        send(request.Answer(420, "Bad Extension", SipNames.Next()).Add("Unsupported", string.Join(", ", unknown)));
        return true;
    }

    private void Invited(SipMessage invite, IPEndPoint local, string contact, double now)
    {
        if (Requires(invite)) return;
        if (_dialogs.Exists(one => one.CallId == invite.CallId))
        {
            send(invite.Answer(482, "Loop Detected", SipNames.Next()));
            return;
        }
        // Whoever only rings this address is no recording client (RFC 7866 §6.1.1): nobody answers calls here.
        if (!invite.Tokens("Require").Concat(invite.Tokens("Supported")).Contains("siprec", StringComparer.OrdinalIgnoreCase) && invite["Contact"]?.Contains("+sip.src", StringComparison.OrdinalIgnoreCase) != true)
        {
            send(invite.Answer(421, "Extension Required", SipNames.Next()).Add("Require", "siprec"));
            return;
        }
        if (Free(invite) is not { } line)
        {
            Refused++;
            NoLine(name, Refused);
            send(invite.Answer(486, "Busy Here", SipNames.Next()));
            return;
        }
        var dialog = new RecordingDialog(options, line, local, contact, send);
        dialog.Begin(invite, now);
        if (dialog.Over is null) _dialogs.Add(dialog);
        else CallOver(name, line.Line.Number, dialog.Over);
    }

    // The line whose people they are, else any that names nobody, else any.
    private SiprecLine? Free(SipMessage invite)
    {
        var free = lines.Where(line => line.IsFree).ToList();
        if (free.Count == 0) return null;
        RecordingMetadata metadata = new([]);
        if (Multipart.TryRead(invite["Content-Type"], invite.Body, out var parts) && parts.Find(part => part.Type is "application/rs-metadata+xml" or "application/rs-metadata") is { Type: not null } part) RecordingMetadata.TryRead(part.Content, null, out metadata);
        return free.Find(line => metadata.Participants.Any(one => one.IsOneOf(line.Local))) ?? free.Find(line => line.Local.Count == 0) ?? free[0];
    }

    [LoggerMessage(EventId = 8203, Level = LogLevel.Error, Message = "Trunk {Trunk}: a recorded call found no free line and was refused; {Count} since the start")]
    private partial void NoLine(string trunk, long count);

    [LoggerMessage(EventId = 8204, Level = LogLevel.Information, Message = "Trunk {Trunk}, line {Line}: the recording session is over: {Why}")]
    private partial void CallOver(string trunk, int line, string why);
}
