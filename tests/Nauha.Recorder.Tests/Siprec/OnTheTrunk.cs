using System.Net;
using System.Net.Sockets;
using Nauha.Drivers.Siprec;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Tests.Calls;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>What the box answers to whatever a PBX asks, and what it takes from whom.</summary>
[Collection("real time")]
public sealed class OnTheTrunk : IAsyncLifetime
{
    private readonly TrialPbx _pbx = new();
    private readonly Box _box = new() { Known = Announcement.Bundled(["fi"]) };
    private FedRecorder? _recorder;

    public async ValueTask InitializeAsync()
    {
        // Line 1 is the desk 2001's, line 2 anybody's.
        _recorder = new FedRecorder(_box, _pbx.Trunk, lines: 2, local: line => line == 1 ? "sip:2001@pbx.example" : null);
        await _pbx.RegisterAsync();
        await FedRecorder.UntilAsync(() => _recorder.Lines.TrueForAll(line => line.Snapshot.Heard > 0));
    }

    public async ValueTask DisposeAsync()
    {
        await _recorder!.DisposeAsync();
        await _pbx.DisposeAsync();
        _box.Dispose();
    }

    private async Task<string> AskAsync(string request)
    {
        await _pbx.SendAsync(request);
        return await _pbx.NextAsync();
    }

    private static string Status(string answer) => answer.Split(' ')[1];

    [Theory]
    [InlineData("OPTIONS", "200")]
    [InlineData("REFER", "405")]
    [InlineData("INFO", "405")]
    [InlineData("FROBNICATE", "501")]
    [InlineData("BYE", "481")]
    [InlineData("UPDATE", "481")]
    [InlineData("CANCEL", "481")]
    public async Task Outside_a_call_each_method_gets_its_answer(string method, string status)
    {
        using var call = _pbx.Call();
        Status(await AskAsync(call.Request(method))).ShouldBe(status);
    }

    [Fact]
    public async Task What_is_no_recording_session_is_refused_by_name()
    {
        using var call = _pbx.Call();
        var plain = call.Request("INVITE", call.Sdp(), "application/sdp").Replace(";+sip.src", "", StringComparison.Ordinal);
        (await AskAsync(plain)).ShouldStartWith("SIP/2.0 421");
        (await AskAsync(call.Request("INVITE", call.Sdp(), "application/sdp", "Require: siprec, timer\r\n"))).ShouldContain("Unsupported: timer");
        Status(await AskAsync(call.Request("INVITE", "v=0", "application/sdp", "Require: siprec\r\n"))).ShouldBe("400");
        Status(await AskAsync(call.Request("INVITE", "hello", "text/plain", "Require: siprec\r\n"))).ShouldBe("415");
        Status(await AskAsync(call.Request("INVITE", call.Sdp().Replace(" 8 0 101", " 101", StringComparison.Ordinal), "application/sdp", "Require: siprec\r\n"))).ShouldBe("488");
        Status(await AskAsync(call.Request("INVITE", call.Sdp().Replace("RTP/AVP", "RTP/SAVP", StringComparison.Ordinal), "application/sdp", "Require: siprec\r\n"))).ShouldBe("488");
    }

    [Fact]
    public async Task Each_session_takes_a_line_its_desks_own_first_and_one_too_many_is_refused_and_leaves_the_others()
    {
        using var other = _pbx.Call(TrialPbx.Metadata(agent: "sip:2009@pbx.example"));
        using var own = _pbx.Call();
        using var third = _pbx.Call();
        (await other.InviteAsync()).ShouldStartWith("SIP/2.0 200");
        await FedRecorder.UntilAsync(() => _recorder!.Lines[1].Snapshot.CallNumber is not null);
        (await own.InviteAsync()).ShouldStartWith("SIP/2.0 200");
        await FedRecorder.UntilAsync(() => _recorder!.Lines[0].Snapshot.CallNumber is not null);
        (await third.InviteAsync()).ShouldStartWith("SIP/2.0 486");
        (await own.ByeAsync()).ShouldStartWith("SIP/2.0 200");
        (await other.ByeAsync()).ShouldStartWith("SIP/2.0 200");
    }

    [Fact]
    public async Task A_200_is_said_again_until_it_is_acknowledged()
    {
        using var call = _pbx.Call();
        await _pbx.SendAsync(call.Request("INVITE", call.Both(call.Sdp(), TrialPbx.Metadata()), "multipart/mixed;boundary=part", "Require: siprec\r\n", seq: 7));
        var first = await _pbx.NextAsync();
        (await _pbx.NextAsync()).ShouldBe(first);
    }

    [Fact]
    public async Task Media_is_taken_from_the_address_that_the_PBX_has_named_and_only_while_the_call_lasts()
    {
        using var call = _pbx.Call();
        await call.InviteAsync();
        (await TakesAsync(call, call.Ports[0], own: true)).ShouldBeTrue();
        (await TakesAsync(call, call.Ports[0], own: false)).ShouldBeFalse("the kernel says that nobody is there");
        await call.ByeAsync();
        await FedRecorder.UntilAsync(() => !TakesAsync(call, call.Ports[0], own: true).Result);
    }

    // A connected socket hears from the kernel when nobody takes what it has sent.
    private static async Task<bool> TakesAsync(TrialCall call, int port, bool own)
    {
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var socket = own ? call.Media0 : stranger;
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        try
        {
            for (var i = 0; i < 3; i++) await socket.SendAsync(new byte[12]);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [Fact]
    public async Task An_empty_line_is_answered_and_what_is_no_SIP_closes_the_connection_which_is_made_again()
    {
        await _pbx.SendAsync("\r\n\r\n");
        (await _pbx.NextAsync()).ShouldBe("\r\n");
        await _pbx.SendAsync("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n");
        (await _pbx.NextAsync()).ShouldBe("");
        await FedRecorder.UntilAsync(() => _recorder!.Lines.TrueForAll(line => line.Snapshot.Lost));
        await _pbx.RegisterAsync();
        await FedRecorder.UntilAsync(() => _recorder!.Lines.TrueForAll(line => !line.Snapshot.Lost && line.Snapshot.Heard > 0));
    }

    [Fact]
    public void A_password_that_others_may_read_is_refused_and_so_is_a_file_without_one()
    {
        var file = Path.Combine(_box.Data, "password");
        File.WriteAllText(file, "secret\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Should.Throw<SiprecException>(() => SiprecTrunks.Password(file)).Message.ShouldContain("chmod 600");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        SiprecTrunks.Password(file).ShouldBe("secret");
        File.WriteAllText(file, "\n");
        Should.Throw<SiprecException>(() => SiprecTrunks.Password(file));
        Should.Throw<SiprecException>(() => SiprecTrunks.Password(file + "x")).Message.ShouldContain(file);
    }
}
