using System.Text;
using CsCheck;
using Nauha.Drivers.Siprec;
using Nauha.Format;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>Good messages, documents and packets, changed at random: each is read, or refused; nothing throws, and nothing grows without bounds.</summary>
public sealed class WhateverAPbxSends
{
    private static readonly string Sdp = "v=0\r\no=pbx 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\na=sendonly\r\na=label:1\r\nm=audio 4002 RTP/AVP 0\r\na=inactive\r\na=label:2\r\nm=video 4004 RTP/AVP 31\r\n";

    private static readonly string Body = $"--x\r\nContent-Type: application/sdp\r\n\r\n{Sdp}\r\n--x\r\nContent-Type: application/rs-metadata+xml\r\n\r\n{TrialPbx.Metadata()}\r\n--x--\r\n";

    private static readonly string Invite = $"INVITE sip:nauha@192.0.2.1 SIP/2.0\r\nv: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1\r\nf: \"A <b>; c\" <sip:src@pbx.example>;tag=1\r\nt: <sip:nauha@pbx.example>\r\ni: 1@pbx\r\nCSeq: 1 INVITE\r\nm: <sip:src@192.0.2.9:5061;transport=tls>\r\nRequire: siprec\r\nSubject: folded\r\n over two lines\r\nc: multipart/mixed;boundary=\"x\"\r\nl: {Encoding.UTF8.GetByteCount(Body)}\r\n\r\n{Body}";

    // Some bytes written over, taken out or put in, a stretch doubled, and the end cut off.
    private static Gen<byte[]> Changed(string good) =>
        Gen.Select(Gen.Select(Gen.Int[0, 3], Gen.Int[0, 100_000], Gen.Byte).Array[0, 8], Gen.Int[0, 400]).Select((changes, cut) =>
        {
            var bytes = Encoding.UTF8.GetBytes(good).ToList();
            foreach (var (how, where, value) in changes)
            {
                if (bytes.Count == 0) break;
                var at = where % bytes.Count;
                if (how == 0) bytes[at] = value;
                else if (how == 1) bytes.RemoveAt(at);
                else if (how == 2) bytes.Insert(at, value);
                else bytes.InsertRange(at, bytes.GetRange(at, Math.Min(value, bytes.Count - at)));
            }
            return cut < 100 && cut < bytes.Count ? bytes[..^cut].ToArray() : [.. bytes];
        });

    private static async Task<List<(SipRead What, SipMessage? Message)>> ReadAsync(byte[] bytes, int step)
    {
        var reader = new SipReader(new InSteps(bytes, step));
        var read = new List<(SipRead, SipMessage?)>();
        do read.Add(await reader.ReadAsync(CancellationToken.None));
        while (read[^1].Item1 is not (SipRead.Closed or SipRead.Broken));
        return read;
    }

    private sealed class InSteps(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, step)], cancellationToken);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Messages_are_cut_from_the_stream_wherever_the_network_has_torn_it(int step)
    {
        var read = await ReadAsync(Encoding.UTF8.GetBytes($"\r\n\r\n{Invite}\r\n{Invite}"), step);
        var invites = read.Where(one => one.What == SipRead.Message).Select(one => one.Message!).ToList();
        invites.Count.ShouldBe(2);
        read[^1].What.ShouldBe(SipRead.Closed);
        var invite = invites[1];
        (invite.IsWhole, invite.Method, invite.CallId, invite.FromTag, invite.ToTag, invite.CSeq, invite["Subject"]).ShouldBe((true, "INVITE", "1@pbx", "1", "", (1L, "INVITE"), "folded over two lines"));
        Encoding.UTF8.GetString(invite.Body.Span).ShouldBe(Body);
    }

    [Fact]
    public void A_changed_message_is_read_or_the_connection_ends() =>
        Changed(Invite).Sample(bytes =>
        {
            foreach (var (_, message) in ReadAsync(bytes, 4_096).GetAwaiter().GetResult())
            {
                if (message is null) continue;
                message.Headers.ShouldAllBe(header => !header.Value.Contains('\r') && !header.Value.Contains('\n'));
                if (message.IsWhole) message.Answer(400, "Bad", "tag").ToBytes().Length.ShouldBeLessThan(40_000);
                if (Multipart.TryRead(message["Content-Type"], message.Body, out var parts)) parts.Count.ShouldBeLessThanOrEqualTo(8);
            }
        }, iter: 3_000);

    [Fact]
    public async Task A_head_without_an_end_a_body_too_long_and_one_without_a_length_end_the_connection()
    {
        (await ReadAsync([.. Encoding.UTF8.GetBytes("INVITE sip:x SIP/2.0\r\n"), .. Enumerable.Repeat((byte)'a', 100_000)], 4_096))[^1].What.ShouldBe(SipRead.Broken);
        (await ReadAsync(Encoding.UTF8.GetBytes("INVITE sip:x SIP/2.0\r\nl: 70000\r\n\r\n"), 4_096))[^1].What.ShouldBe(SipRead.Broken);
        (await ReadAsync(Encoding.UTF8.GetBytes("INVITE sip:x SIP/2.0\r\nv: x\r\n\r\n"), 4_096))[^1].What.ShouldBe(SipRead.Broken);
        (await ReadAsync(Encoding.UTF8.GetBytes("INVITE sip:x SIP/2.0\r\nl: -1\r\n\r\n"), 4_096))[^1].What.ShouldBe(SipRead.Broken);
    }

    [Fact]
    public void An_offer_is_read_answered_as_received_only_and_its_labels_are_kept()
    {
        SdpOffer.TryParse(Encoding.UTF8.GetBytes(Sdp), out var offer, out _).ShouldBeTrue();
        offer.Media.Select(medium => (medium.Kind, medium.From?.Port, medium.Payload, medium.Label, medium.Held)).ShouldBe([("audio", 4_000, 8, "1", false), ("audio", 4_002, 0, "2", true), ("video", null, 0, null, false)]);
        var answer = offer.Answer(System.Net.IPAddress.Parse("192.0.2.1"), [5_000, 5_002, 0], 1);
        answer.ShouldContain("m=audio 5000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=recvonly\r\na=label:1\r\n");
        answer.ShouldContain("m=audio 5002 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=inactive\r\na=label:2\r\n");
        answer.ShouldEndWith("m=video 0 RTP/AVP 31\r\n");
    }

    [Fact]
    public void A_changed_offer_is_read_or_refused() =>
        Changed(Sdp).Sample(bytes =>
        {
            if (SdpOffer.TryParse(bytes, out var offer, out var why)) offer.Answer(System.Net.IPAddress.Loopback, [.. offer.Media.Select(medium => medium.From is null ? 0 : 4_000)], 1).ShouldStartWith("v=0");
            else why.ShouldNotBeEmpty();
        }, iter: 3_000);

    [Theory]
    [InlineData("@pbx.example", "+358409990123", Direction.Incoming)]
    [InlineData("sip:2001@PBX.example", "+358409990123", Direction.Incoming)]
    [InlineData("20*", "+358409990123", Direction.Incoming)]
    [InlineData("@pstn.example", "2001", Direction.Outgoing)]
    [InlineData("@elsewhere.example", null, null)]
    public void The_other_partys_number_is_the_one_of_whoever_is_not_the_lines_own(string local, string? number, Direction? direction)
    {
        RecordingMetadata.TryRead(Encoding.UTF8.GetBytes(TrialPbx.Metadata()), null, out var metadata).ShouldBeTrue();
        (metadata.Party([local])?.Text, metadata.Direction([local], callerFirst: true), metadata.Direction([local], callerFirst: false)).ShouldBe((number, direction, null));
        metadata.Participants.Select(one => string.Join(',', one.Labels)).ShouldBe(["1", "2"]);
    }

    [Fact]
    public void No_name_is_in_what_was_read_and_a_document_with_a_type_of_its_own_is_none()
    {
        RecordingMetadata.TryRead(Encoding.UTF8.GetBytes(TrialPbx.Metadata()), null, out var metadata).ShouldBeTrue();
        metadata.Participants.ShouldAllBe(one => !one.ToString().Contains("Somebody", StringComparison.Ordinal));
        const string bomb = """<?xml version="1.0"?><!DOCTYPE recording [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><recording>&b;</recording>""";
        RecordingMetadata.TryRead(Encoding.UTF8.GetBytes(bomb), null, out _).ShouldBeFalse();
    }

    [Fact]
    public void Changed_metadata_is_read_or_refused() =>
        Changed(TrialPbx.Metadata()).Sample(bytes =>
        {
            RecordingMetadata.TryRead(bytes, null, out var metadata);
            metadata.Participants.Count.ShouldBeLessThanOrEqualTo(32);
            metadata.Party(["@pbx.example"]);
            RecordingMetadata.TryRead(bytes, metadata, out _);
        }, iter: 3_000);

    // RFC 3711 appendix B.3, and the packet with which libsrtp validates itself under the same key.
    [Fact]
    public void SRTP_opens_the_packets_that_others_have_sealed_once_and_no_changed_one()
    {
        var key = Convert.FromHexString("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");
        Convert.ToHexString(Srtp.Derive(key[..16], key[16..], 0, 16)).ShouldBe("C61E7A93744F39EE10734AFE3FF7A087");
        Convert.ToHexString(Srtp.Derive(key[..16], key[16..], 2, 14)).ShouldBe("30CBBC08863D8C85D49DB34A9AE1");
        Convert.ToHexString(Srtp.Derive(key[..16], key[16..], 1, 20)).ShouldBe("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
        var closed = Convert.FromHexString("800F1234DECAFBADCAFEBABE4E55DC4CE79978D88CA4D215949D2402B78D6ACC99EA179B8DBB");
        using var srtp = new Srtp(key);
        for (var i = 0; i < closed.Length; i++)
        {
            var changed = closed.ToArray();
            changed[i] ^= 1;
            srtp.Open(changed).ShouldBe(0);
        }
        var packet = closed.ToArray();
        srtp.Open(packet).ShouldBe(28);
        Convert.ToHexString(packet[..28]).ShouldBe("800F1234DECAFBADCAFEBABE" + string.Concat(Enumerable.Repeat("AB", 16)));
        srtp.Open(closed.ToArray()).ShouldBe(0, "a second time");
        Gen.Byte.Array[0, 1_600].Sample(bytes => srtp.Open(bytes).ShouldBe(0), iter: 2_000, threads: 1);   // one stream, one thread
    }

    [Fact]
    public void Any_bytes_are_an_RTP_packet_or_none_and_its_audio_lies_within_them() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            if (bytes.Length > 0) bytes[0] = (byte)((bytes[0] & 0x3F) | 0x80);
            if (RtpPacket.TryParse(bytes, out var packet)) packet.Audio.Length.ShouldBeLessThanOrEqualTo(bytes.Length - 12);
        }, iter: 5_000);

    [Fact]
    public void Any_challenge_is_answered_or_not_and_no_answer_carries_more_than_was_asked() =>
        Changed("""Digest realm="pbx", nonce="abc", qop="auth", algorithm=SHA-256, opaque="x" """).Sample(bytes =>
        {
            var answer = SipDigest.Answer([Encoding.UTF8.GetString(bytes)], "nauha", "secret", "REGISTER", "sip:pbx", out _, out _);
            answer?.ShouldNotContain("secret");
        }, iter: 3_000);
}
