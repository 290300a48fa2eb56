using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nauha.Audio;
using Nauha.Drivers.Siprec;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>
/// A registrar and proxy that others wrote (Debian's kamailio), on loopback: it asks for a password, keeps where the box has
/// registered from, and passes requests on over that connection alone: it may open none to the box.
/// </summary>
internal sealed class Kamailio : IAsyncDisposable
{
    public const string Password = "a pass word";

    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-sip-").FullName;
    private readonly string _digest;
    private Process? _server;

    private Kamailio(string digest) => _digest = digest;

    /// <summary>Why it cannot be had here; null: it can.</summary>
    public static string? Missing => new[] { "/usr/sbin/kamailio", "/usr/bin/sipp" }.FirstOrDefault(program => !File.Exists(program)) is { } missing ? $"{missing} is missing: apt-get install kamailio kamailio-tls-modules sip-tester" : null;

    public int Tcp { get; } = FreePort();

    public int Tls { get; } = FreePort();

    public TrunkOptions Trunk(string transport)
    {
        var password = Path.Combine(_folder, "password");
        File.WriteAllText(password, Password + "\n");
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new() { Server = transport == "tls" ? "localhost" : "127.0.0.1", Domain = "127.0.0.1", Port = transport == "tls" ? Tls : Tcp, Transport = transport, User = "nauha", PasswordFile = password, TrustFile = transport == "tls" ? Path.Combine(_folder, "cert.pem") : null };
    }

    /// <param name="digest">MD5 or SHA-256.</param>
    public static async Task<Kamailio> StartAsync(string digest)
    {
        var kamailio = new Kamailio(digest);
        await kamailio.StartAsync();
        return kamailio;
    }

    public async Task StartAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "kamailio.cfg"), $$"""
            #!KAMAILIO
            debug=1
            log_stderror=yes
            children=1
            tcp_children=2
            enable_tls=yes
            listen=tcp:127.0.0.1:{{Tcp}}
            listen=tls:127.0.0.1:{{Tls}}
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "rr.so"
            loadmodule "pv.so"
            loadmodule "maxfwd.so"
            loadmodule "usrloc.so"
            loadmodule "registrar.so"
            loadmodule "textops.so"
            loadmodule "siputils.so"
            loadmodule "auth.so"
            loadmodule "tls.so"
            modparam("tls", "tls_method", "TLSv1.2+")
            modparam("tls", "private_key", "{{Path.Combine(_folder, "key.pem")}}")
            modparam("tls", "certificate", "{{Path.Combine(_folder, "cert.pem")}}")
            modparam("auth", "algorithm", "{{_digest}}")
            request_route {
              if (!mf_process_maxfwd_header("10")) { exit; }
              if (is_method("REGISTER")) {
                if (!pv_www_authenticate("$td", "{{Password}}", "0")) { www_challenge("$td", "1"); exit; }
                save("location");
                exit;
              }
              set_forward_no_connect();
              if (has_totag()) {
                if (loose_route() || is_method("ACK")) { t_relay(); exit; }
                sl_send_reply("404", "Not Here");
                exit;
              }
              if (is_method("CANCEL")) { t_relay(); exit; }
              if (!lookup("location")) { sl_send_reply("404", "Not Registered"); exit; }
              record_route();
              t_relay();
            }

            """);
        if (!File.Exists(Path.Combine(_folder, "key.pem"))) Certify();
        _server = Process.Start(new ProcessStartInfo("/usr/sbin/kamailio", ["-f", Path.Combine(_folder, "kamailio.cfg"), "-DD", "-E", "-m", "64", "-M", "8", "-Y", _folder, "-w", _folder]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var words = new System.Collections.Concurrent.ConcurrentQueue<string>();
        _server.ErrorDataReceived += (_, line) => words.Enqueue(line.Data ?? "");
        _server.OutputDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        _server.BeginOutputReadLine();
        await FedRecorder.UntilAsync(() =>
        {
            if (_server.HasExited) throw new InvalidOperationException($"kamailio ended with {_server.ExitCode}: {string.Join('\n', words)}");
            using var client = new TcpClient();
            try
            {
                client.Connect(IPAddress.Loopback, Tls);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    private void Certify()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(Path.Combine(_folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>It is gone, with all its connections.</summary>
    public async Task StopAsync()
    {
        if (_server is not { } server) return;
        _server = null;
        using (var kill = Process.Start("kill", ["-TERM", $"{server.Id}"])) await kill.WaitForExitAsync();
        await server.WaitForExitAsync();
        server.Dispose();
    }

    /// <summary>SIPp as a recording client: sends one call through the proxy, its sound as A-law. It returns when the call is over.</summary>
    /// <param name="play">Seconds of sound before the call is put on hold; then 1.5 s of hold, and 1.5 s of sound again.</param>
    public async Task<string> CallAsync(short[] sound, double play, string metadata)
    {
        var (scenario, media) = (Path.Combine(_folder, "call.xml"), Path.Combine(_folder, "call.alaw"));
        await File.WriteAllBytesAsync(media, Array.ConvertAll(sound, G711.ToALaw));
        await File.WriteAllTextAsync(scenario, Sipp.Scenario(media, (int)(play * 1_000), metadata));
        using var sipp = Process.Start(new ProcessStartInfo("/usr/bin/sipp", [$"127.0.0.1:{Tcp}", "-sf", scenario, "-s", "nauha", "-t", "t1", "-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "90s", "-timeout_error", "-trace_err", "-error_file", Path.Combine(_folder, "sipp.err")]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder })!;
        var said = sipp.StandardOutput.ReadToEndAsync();
        var wrong = sipp.StandardError.ReadToEndAsync();
        await sipp.WaitForExitAsync();
        await said;
        var errors = Path.Combine(_folder, "sipp.err");
        return sipp.ExitCode == 0 ? "" : $"sipp ended with {sipp.ExitCode}: {await wrong} {(File.Exists(errors) ? await File.ReadAllTextAsync(errors) : "")}";
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>What SIPp does, in its own language.</summary>
internal static class Sipp
{
    public static string Scenario(string media, int playMs, string metadata) => $"""
        <?xml version="1.0" encoding="ISO-8859-1" ?>
        <scenario name="recording client">
          <send retrans="500"><![CDATA[
        {First(metadata)}
        ]]></send>
          <recv response="100" optional="true"></recv>
          <recv response="200" rrs="true"></recv>
          <send><![CDATA[
        {Within("ACK", 1)}
        ]]></send>
          <nop><action><exec rtp_stream="{media},1,8,PCMA/8000"/></action></nop>
          <pause milliseconds="{playMs}"/>
          <nop><action><exec rtp_stream="pause"/></action></nop>
          <send retrans="500"><![CDATA[
        {Within("INVITE", 2, Sdp("inactive"))}
        ]]></send>
          <recv response="100" optional="true"></recv>
          <recv response="200"></recv>
          <send><![CDATA[
        {Within("ACK", 2)}
        ]]></send>
          <pause milliseconds="1500"/>
          <send retrans="500"><![CDATA[
        {Within("INVITE", 3, Sdp("sendonly"))}
        ]]></send>
          <recv response="100" optional="true"></recv>
          <recv response="200"></recv>
          <send><![CDATA[
        {Within("ACK", 3)}
        ]]></send>
          <nop><action><exec rtp_stream="resume"/></action></nop>
          <pause milliseconds="1500"/>
          <send retrans="500"><![CDATA[
        {Within("BYE", 4)}
        ]]></send>
          <recv response="200"></recv>
        </scenario>

        """;

    private static string First(string metadata) => $"""

        INVITE sip:[service]@127.0.0.1 SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        Max-Forwards: 70
        From: <sip:src@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]
        To: <sip:[service]@127.0.0.1>
        Call-ID: [call_id]
        CSeq: 1 INVITE
        Contact: <sip:src@[local_ip]:[local_port];transport=[transport]>;+sip.src
        Require: siprec
        Content-Type: multipart/mixed;boundary=foobar
        Content-Length: [len]

        --foobar
        Content-Type: application/sdp

        {Sdp("sendonly")}
        --foobar
        Content-Type: application/rs-metadata+xml
        Content-Disposition: recording-session

        {metadata}
        --foobar--

        """;

    private static string Sdp(string way) => $"""
        v=0
        o=src 1 1 IN IP[local_ip_type] [local_ip]
        s=-
        c=IN IP[media_ip_type] [media_ip]
        t=0 0
        m=audio [rtpstream_audio_port] RTP/AVP 8
        a=rtpmap:8 PCMA/8000
        a={way}
        a=label:1
        """;

    private static string Within(string method, int seq, string? sdp = null) => $"""

        {method} [next_url] SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        [routes]
        Max-Forwards: 70
        From: <sip:src@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]
        To: <sip:[service]@127.0.0.1>[peer_tag_param]
        Call-ID: [call_id]
        CSeq: {seq} {method}
        Contact: <sip:src@[local_ip]:[local_port];transport=[transport]>;+sip.src
        {(sdp is null ? "Content-Length: 0\n" : $"Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}\n")}
        """;
}
