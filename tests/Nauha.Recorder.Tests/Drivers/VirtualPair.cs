using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>What runs in real time, shares the C library's environment or counts the process's memory runs while nothing else does.</summary>
[CollectionDefinition("real time", DisableParallelization = true)]
public sealed class RealTime;

/// <summary>
/// A pair without a sound card: PulseAudio's null sink, reached through the real libasound. Whoever plays is heard by all
/// who listen, as on two wires. <c>near</c> is the recorder's device, <c>ear</c> one that cannot play, <c>far</c> the other end's, for aplay and arecord.
/// </summary>
internal sealed partial class VirtualPair : IAsyncDisposable
{
    private readonly string _folder;
    private Process? _server;

    private VirtualPair(string folder) => _folder = folder;

    /// <summary>alsa.conf of the pair: what ALSA_CONFIG_PATH must be.</summary>
    public string Configuration => Path.Combine(_folder, "alsa.conf");

    /// <summary>Why it cannot be had here; null: it can.</summary>
    public static string? Missing => new[] { "/usr/bin/pulseaudio", "/usr/bin/aplay", "/usr/bin/arecord" }.FirstOrDefault(program => !File.Exists(program)) is { } missing
        ? $"{missing} is missing: apt-get install pulseaudio libasound2-plugins alsa-utils"
        : Directory.EnumerateFiles("/usr/lib", "libasound_module_pcm_pulse.so", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Any() ? null : "ALSA's pulse plugin is missing: apt-get install libasound2-plugins";

    public static async Task<VirtualPair> StartAsync(int rateHz = 8_000, int channels = 1)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-pair-").FullName;
        var socket = Path.Combine(folder, "socket");
        await File.WriteAllTextAsync(Path.Combine(folder, "pair.pa"), $"""
            load-module module-native-protocol-unix socket={socket} auth-anonymous=1
            load-module module-null-sink sink_name=pair rate={rateHz} channels={channels} format=s16le

            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "alsa.conf"), $$"""
            </usr/share/alsa/alsa.conf>
            pcm.near { type asym playback.pcm out capture.pcm in }
            pcm.far { type plug slave.pcm { type asym playback.pcm out capture.pcm in } }
            pcm.ear { type asym capture.pcm in }
            pcm.near48 { type plug slave { pcm near rate 48000 channels 2 format S16_LE } }
            pcm.out { type pulse server "unix:{{socket}}" device "pair" }
            pcm.in { type pulse server "unix:{{socket}}" device "pair.monitor" }
            ctl.near { type pulse server "unix:{{socket}}" device "pair" }

            """);
        foreach (var (name, value) in Environment(folder).Where(variable => variable.Name != "HOME")) _ = SetEnvironment(name, value, 1);
        var pair = new VirtualPair(folder);
        await pair.PlugAsync();
        return pair;
    }

    /// <summary>The device is there, after this or again.</summary>
    public async Task PlugAsync()
    {
        var start = new ProcessStartInfo("/usr/bin/pulseaudio", ["-n", "-F", PathOf("pair.pa"), "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no", "--realtime=no", "--high-priority=no", "--log-target=newfile:" + PathOf("log")]);
        foreach (var (name, value) in Environment(_folder)) start.Environment[name] = value;
        _server = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!File.Exists(PathOf("socket"))) await look.WaitForNextTickAsync(patience.Token);
    }

    /// <summary>The device is gone.</summary>
    public async Task UnplugAsync()
    {
        if (_server is not { } server) return;
        _server = null;
        Signal(server, "-KILL");
        await server.WaitForExitAsync();
        server.Dispose();
        File.Delete(PathOf("socket"));
    }

    private static (string Name, string Value)[] Environment(string folder) =>
        [("ALSA_CONFIG_PATH", Path.Combine(folder, "alsa.conf")), ("PULSE_RUNTIME_PATH", folder), ("PULSE_COOKIE", Path.Combine(folder, "cookie")), ("XDG_RUNTIME_DIR", folder), ("HOME", folder)];

    /// <summary>Starts a program that uses the pair: aplay, arecord, the recorder.</summary>
    public Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment(_folder)) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{process.Id}"]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        await UnplugAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // libasound asks the C library for its environment, which .NET's own does not reach.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
