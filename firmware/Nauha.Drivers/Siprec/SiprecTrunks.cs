using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Drivers.Siprec;

/// <summary>The box's trunks by name: each is connected when its first line is opened, and lasts until the program ends.</summary>
public sealed class SiprecTrunks(IReadOnlyDictionary<string, TrunkOptions> options, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private const int MostPassword = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SiprecTrunk> _trunks = [];

    /// <exception cref="SiprecException">The PBX cannot be reached just now, or a file of its settings cannot be used.</exception>
    public SiprecLine Open(LineId line, string profile, SiprecLineOptions own)
    {
        ArgumentNullException.ThrowIfNull(own);
        lock (_lock)
        {
            var name = own.Trunk!;
            if (!_trunks.TryGetValue(name, out var trunk)) _trunks[name] = trunk = new(name, options[name], Password(options[name].PasswordFile), time, log);
            return trunk.Open(line, profile, (own.LocalUris ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    /// <summary>Whether a trunk's PBX can be reached and its files can be used: connected, and closed again.</summary>
    /// <exception cref="SiprecException">Why not.</exception>
    public static async Task TryAsync(TrunkOptions trunk, TimeProvider time, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        Password(trunk.PasswordFile);
        var flow = await SipFlow.ConnectAsync(trunk, time, cancel).ConfigureAwait(false);
        await flow.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The password of a file that only its owner may read; null: no file is named.</summary>
    /// <exception cref="SiprecException">The file cannot be read, may be read by others, or holds no password.</exception>
    public static string? Password(string? file)
    {
        if (file is null) return null;
        try
        {
            if ((File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0) throw new SiprecException($"The password file {file} may be read or written by others: chmod 600.");
            using var stream = File.OpenRead(file);
            Span<byte> bytes = stackalloc byte[MostPassword + 1];
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var password = System.Text.Encoding.UTF8.GetString(bytes[..read]).TrimEnd('\n', '\r');
            return read <= MostPassword && password.Length > 0 && !password.AsSpan().ContainsAny('\n', '\r') ? password : throw new SiprecException($"The password file {file} is to hold one line of at most {MostPassword} bytes.");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SiprecException($"The password file {file} cannot be read: {e.Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var trunk in _trunks.Values) await trunk.DisposeAsync().ConfigureAwait(false);
    }
}
