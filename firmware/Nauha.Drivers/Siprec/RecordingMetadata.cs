using System.Xml;
using Nauha.Format;

namespace Nauha.Drivers.Siprec;

/// <summary>Somebody of a recorded call: his address, and the labels of the streams that carry him.</summary>
internal sealed record Participant(string Id, string? Address, IReadOnlyList<string> Labels)
{
    /// <summary>Of the line's own people, as its option names them: an address, a domain (@pbx), or a user's beginning (20*).</summary>
    public bool IsOneOf(IReadOnlyList<string> local) => Address is { } address && local.Any(own => own switch
    {
        ['@', .. var domain] => string.Equals(SipText.Host(address), domain, StringComparison.OrdinalIgnoreCase),
        [.. var start, '*'] => SipText.User(address)?.StartsWith(start, StringComparison.OrdinalIgnoreCase) == true,
        _ => string.Equals(Bare(address), Bare(own), StringComparison.OrdinalIgnoreCase),
    });

    private static string Bare(string address) => address.Split(';', '?')[0];
}

/// <summary>
/// What is read of a call's metadata (RFC 7865): who takes part, by address, and which stream is whose. Names are never
/// looked at. A later document that says nothing of somebody leaves him as he was; one that ends his part takes him out.
/// </summary>
internal sealed record RecordingMetadata(IReadOnlyList<Participant> Participants)
{
    private const int MostBytes = 64 * 1024, MostDepth = 12, MostElements = 2_000, MostPeople = 32, MostText = 256;

    /// <returns>False: it is no such document, or too large a one.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> xml, RecordingMetadata? before, out RecordingMetadata metadata)
    {
        metadata = before ?? new([]);
        if (xml.Length > MostBytes) return false;
        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MostBytes, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true };
            using var text = new MemoryStream(xml.ToArray());
            using var reader = XmlReader.Create(text, settings);
            var read = new Reading(metadata);
            if (!read.All(reader)) return false;
            metadata = read.Result();
            return true;
        }
        catch (Exception e) when (e is XmlException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The other party's number, by who is one of the line's own; null: nobody else has one, or it cannot be known who the other is.</summary>
    public PhoneNumber? Party(IReadOnlyList<string> local)
    {
        if (!Participants.Any(one => one.IsOneOf(local))) return null;
        foreach (var other in Participants.Where(one => !one.IsOneOf(local)))
            if (other.Address is { } address && PhoneNumber.TryParse(SipText.User(address), out var number)) return number;
        return null;
    }

    /// <summary>Who called whom, where this PBX names the caller first; null: it cannot be known.</summary>
    public Direction? Direction(IReadOnlyList<string> local, bool callerFirst) =>
        !callerFirst || Participants.Count < 2 || !Participants.Any(one => one.IsOneOf(local)) ? null : Participants[0].IsOneOf(local) ? Format.Direction.Outgoing : Format.Direction.Incoming;

    private sealed class Reading(RecordingMetadata before)
    {
        private readonly List<string> _people = [.. before.Participants.Select(one => one.Id)];
        private readonly Dictionary<string, string> _addresses = before.Participants.Where(one => one.Address is not null).ToDictionary(one => one.Id, one => one.Address!, StringComparer.Ordinal);
        private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
        private readonly Dictionary<string, HashSet<string>> _sends = new(StringComparer.Ordinal);
        private readonly HashSet<string> _gone = new(StringComparer.Ordinal);

        public bool All(XmlReader reader)
        {
            var (elements, within) = (0, new string[MostDepth]);
            string? person = null, stream = null, sender = null, part = null;
            while (reader.Read())
            {
                if (reader.Depth >= MostDepth || (reader.NodeType == XmlNodeType.Element && ++elements > MostElements)) return false;
                if (reader.NodeType == XmlNodeType.Element)
                {
                    var name = within[reader.Depth] = reader.LocalName;
                    if (reader.Depth == 0 && name != "recording") return false;
                    var parent = reader.Depth > 0 ? within[reader.Depth - 1] : "";
                    switch (parent, name)
                    {
                        case ("recording", "participant"):
                            person = Id(reader, "participant_id") ?? Id(reader, "id");
                            if (person is not null && !_people.Contains(person) && _people.Count < MostPeople) _people.Add(person);
                            break;
                        case ("participant", "nameID") when person is not null && reader.GetAttribute("aor") is { Length: > 0 and <= MostText } address:
                            _addresses[person] = address;
                            break;
                        case ("recording", "stream"):
                            stream = Id(reader, "stream_id") ?? Id(reader, "id");
                            break;
                        case ("recording", "participantstreamassoc"):
                            sender = Id(reader, "participant_id");
                            break;
                        case ("recording", "participantsessionassoc"):
                            part = Id(reader, "participant_id");
                            break;
                        default:
                            break;
                    }
                }
                else if (reader.NodeType == XmlNodeType.Text && reader.Depth >= 2 && reader.Value is { Length: <= MostText } value)
                {
                    switch (within[reader.Depth - 2], within[reader.Depth - 1])
                    {
                        case ("participant", "aor") when person is not null:
                            _addresses[person] = value.Trim();
                            break;
                        case ("stream", "label") when stream is not null && _labels.Count < MostPeople:
                            _labels[stream] = value.Trim();
                            break;
                        case ("participantstreamassoc", "send") when sender is not null && _sends.Count < MostPeople:
                            (_sends.TryGetValue(sender, out var sends) ? sends : _sends[sender] = []).Add(value.Trim());
                            break;
                        case ("participantsessionassoc", "disassociate-time") when part is not null && _gone.Count < MostPeople:
                            _gone.Add(part);
                            break;
                        default:
                            break;
                    }
                }
            }
            return within[0] == "recording";
        }

        public RecordingMetadata Result() => new([.. _people.Where(id => !_gone.Contains(id)).Select(id => new Participant(id, _addresses.GetValueOrDefault(id),
            _sends.TryGetValue(id, out var streams) ? [.. streams.Where(_labels.ContainsKey).Select(one => _labels[one])] : before.Participants.FirstOrDefault(one => one.Id == id)?.Labels ?? []))]);

        private static string? Id(XmlReader reader, string name) => reader.GetAttribute(name) is { Length: > 0 and <= MostText } id ? id : null;
    }
}
