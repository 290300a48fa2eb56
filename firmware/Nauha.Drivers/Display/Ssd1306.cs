using System.Device.I2c;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Display;

/// <summary>Solomon SSD1306 on I2C, 128 × 64 dots as eight rows of 21 characters. Commands stand in README.md. Shaped like Iot.Device.Ssd13xx.Ssd1306.</summary>
/// <exception cref="IOException">From every member: the display does not answer.</exception>
public sealed class Ssd1306 : ITextDisplay
{
    private const int Width = 128, Pages = 8, Cell = DotFont.Width + 1;
    private const byte Commands = 0x00, Data = 0x40;      // the control byte: what follows is all of one kind

    // Data sheet, "Software Initialization" and the charge pump's application note, for 128 × 64.
    private static readonly byte[] Start =
    [
        0xAE,                   // display off
        0xD5, 0x80,             // clock: as at reset
        0xA8, 0x3F,             // 64 rows
        0xD3, 0x00,             // no offset
        0x40,                   // start line 0
        0x8D, 0x14,             // charge pump on: there is no 7 V supply
        0x20, 0x00,             // addressing: horizontal, row after row
        0xA1, 0xC8,             // columns and rows mirrored: the connector is on top
        0xDA, 0x12,             // rows wired alternately
        0x81, 0x7F,             // contrast: half
        0xD9, 0xF1,             // pre-charge for the charge pump
        0xDB, 0x40,             // VCOMH
        0xA4, 0xA6,             // show the memory, not inverted
    ];

    private readonly I2cDevice _i2c;
    private readonly byte[] _shown = new byte[Pages * Width];
    private readonly byte[] _next = new byte[Pages * Width];
    private bool _ready;

    public Ssd1306(I2cDevice i2c) => _i2c = i2c;

    public int Rows => Pages;

    public int Columns => Width / Cell;

    public void Show(IReadOnlyList<string> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Array.Clear(_next);
        for (var row = 0; row < Math.Min(rows.Count, Pages); row++)
            for (var column = 0; column < Math.Min(rows[row].Length, Columns); column++)
                DotFont.Of(rows[row][column]).CopyTo(_next.AsSpan((row * Width) + (column * Cell), DotFont.Width));
        try
        {
            if (!_ready) Wake();
            for (var page = 0; page < Pages; page++)
            {
                var line = _next.AsSpan(page * Width, Width);
                if (!line.SequenceEqual(_shown.AsSpan(page * Width, Width))) Write(page, line);
            }
        }
        catch (IOException)
        {
            _ready = false;   // whatever it shows by now, all of it is written again
            throw;
        }
    }

    // Its memory holds noise after power-on: written whole, and only then lit.
    private void Wake()
    {
        Command(Start);
        for (var page = 0; page < Pages; page++) Write(page, _next.AsSpan(page * Width, Width));
        Command([0xAF]);
        _ready = true;
    }

    private void Write(int page, ReadOnlySpan<byte> line)
    {
        Command([0x21, 0, Width - 1, 0x22, (byte)page, (byte)page]);
        Span<byte> message = stackalloc byte[1 + Width];
        message[0] = Data;
        line.CopyTo(message[1..]);
        _i2c.Write(message);
        line.CopyTo(_shown.AsSpan(page * Width));
    }

    private void Command(ReadOnlySpan<byte> commands)
    {
        Span<byte> message = stackalloc byte[1 + commands.Length];
        message[0] = Commands;
        commands.CopyTo(message[1..]);
        _i2c.Write(message);
    }

    /// <summary>Goes dark: an OLED burns in.</summary>
    public void Dispose()
    {
        try
        {
            if (_ready) Command([0xAE]);
        }
        catch (IOException)
        {
            // it is gone: dark enough
        }
        _i2c.Dispose();
    }
}
