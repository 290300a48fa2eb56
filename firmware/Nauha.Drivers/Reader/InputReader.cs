using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nauha.Drivers.Reader;

/// <summary>
/// A keypad or badge reader on USB that types as a keyboard does: Linux's input events, digits (and A to F) until Enter.
/// What it typed is in memory until Enter, or for five seconds.
/// </summary>
public sealed partial class InputReader
{
    // struct input_event of a 64-bit kernel: time 16, type 2, code 2, value 4.
    private const int EventBytes = 24, TypeAt = 16, CodeAt = 18, ValueAt = 20;
    private const ushort KeyEvent = 1;
    private const int Pressed = 1, LongestCode = 32;
    private const nuint Grab = 0x40044590;                     // EVIOCGRAB, _IOW('E', 0x90, int)
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // linux/input-event-codes.h: the row of digits, the keypad's, and the six letters of hexadecimal badges.
    private static readonly Dictionary<int, char> Keys = new (int First, string Signs)[] { (2, "1234567890"), (79, "123"), (75, "456"), (71, "789"), (82, "0"), (30, "A"), (48, "B"), (46, "C"), (32, "D"), (18, "E"), (33, "F") }
        .SelectMany(row => row.Signs.Select((sign, i) => (Code: row.First + i, sign))).ToDictionary(key => key.Code, key => key.sign);

    private readonly char[] _code = new char[LongestCode];
    private int _length;
    private TimeSpan _typedAt;

    /// <summary>One event. What was typed, where it was Enter; null otherwise.</summary>
    /// <param name="bytes">24 bytes as the kernel gives them.</param>
    internal string? Take(ReadOnlySpan<byte> bytes)
    {
        var (type, code, value) = (BinaryPrimitives.ReadUInt16LittleEndian(bytes[TypeAt..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[CodeAt..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[ValueAt..]));
        if (type != KeyEvent || value != Pressed) return null;
        var at = TimeSpan.FromSeconds(BinaryPrimitives.ReadInt64LittleEndian(bytes)) + TimeSpan.FromMicroseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
        if (at - _typedAt > LongestPause || at < _typedAt) _length = 0;   // somebody went away in the midst
        _typedAt = at;
        if (code is 28 or 96)
        {
            var typed = _length is > 0 and <= LongestCode ? new string(_code, 0, _length) : null;
            Forget();
            return typed;
        }
        if (Keys.TryGetValue(code, out var key))
        {
            if (_length < LongestCode) _code[_length] = key;
            _length++;   // one too long is none
        }
        else
        {
            Forget();    // a key that no badge has
        }
        return null;
    }

    private void Forget()
    {
        Array.Clear(_code);
        _length = 0;
    }

    /// <summary>Reads a device until it is gone or stopped; each code once Enter came.</summary>
    /// <param name="path">/dev/input/by-id/…-event-kbd.</param>
    /// <exception cref="IOException">It is not there, or was unplugged.</exception>
    public async Task RunAsync(string path, Action<string> typed, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(typed);
        await using var device = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        _ = Ioctl(device.SafeFileHandle, Grab, 1);   // so that no console hears it; what is no input device does without
        var bytes = new byte[EventBytes];
        for (var filled = 0; ;)
        {
            // A read that waits for a key cannot be broken off: at the stop it is left behind.
            var read = await device.ReadAsync(bytes.AsMemory(filled), CancellationToken.None).AsTask().WaitAsync(stop).ConfigureAwait(false);
            if (read == 0) throw new IOException("The reader is gone: it was unplugged.");
            filled += read;
            if (filled < EventBytes) continue;
            filled = 0;
            if (Take(bytes) is { } code) typed(code);
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ioctl(SafeFileHandle device, nuint request, nint value);
}
