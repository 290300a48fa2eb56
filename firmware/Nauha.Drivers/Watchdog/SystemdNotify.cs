using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Watchdog;

/// <summary>systemd's own watchdog over a program (WatchdogSec=): fed through its notification socket. systemd feeds the hardware's.</summary>
public sealed class SystemdNotify : IWatchdog
{
    private readonly Socket _socket;
    private readonly UnixDomainSocketEndPoint _to;

    private SystemdNotify(string path, TimeSpan timeout)
    {
        // An abstract name begins with @ in the environment and with a zero byte in the kernel.
        _to = new(path.StartsWith('@') ? "\0" + path[1..] : path);
        _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        Timeout = timeout;
    }

    public string Name => "systemd";

    public TimeSpan Timeout { get; }

    /// <returns>Null where nothing is to be notified (Type=notify). Without WatchdogSec= its timeout is zero: nobody waits for food.</returns>
    public static SystemdNotify? FromEnvironment(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        if (environment("NOTIFY_SOCKET") is not { Length: > 0 } path) return null;
        // WATCHDOG_PID says for whom it is: a child that inherits the environment is not meant.
        var meant = environment("WATCHDOG_PID") is not { Length: > 0 } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new(path, meant && long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) ? TimeSpan.FromMicroseconds(microseconds) : TimeSpan.Zero);
    }

    public void Feed() => Send("WATCHDOG=1");

    /// <summary>Calls are heard from now on.</summary>
    public void Ready() => Send("READY=1");

    public void Stopping() => Send("STOPPING=1");

    private void Send(string state)
    {
        try
        {
            _socket.SendTo(Encoding.ASCII.GetBytes(state), _to);
        }
        catch (SocketException)
        {
            // systemd is busy or gone: the next one tells it
        }
    }

    public void Dispose() => _socket.Dispose();
}
