using System.Device.I2c;
using System.Text;

namespace Nauha.Drivers.Display;

/// <summary>
/// The display's twin: takes the bytes as the chip does, commands with their arguments, data into a memory of 128 × 64
/// bits behind a window and a pointer. A command that it does not know is a fault of the driver.
/// </summary>
public sealed class SimulatedSsd1306 : I2cDevice
{
    private const int Width = 128, Pages = 8;

    // Commands with arguments, and how many; all others that are known stand alone.
    private static readonly Dictionary<byte, int> Arguments = new() { [0x20] = 1, [0x21] = 2, [0x22] = 2, [0x81] = 1, [0x8D] = 1, [0xA8] = 1, [0xD3] = 1, [0xD5] = 1, [0xD9] = 1, [0xDA] = 1, [0xDB] = 1 };

    private readonly byte[] _memory = new byte[Width * Pages];
    private int _column, _page, _firstColumn, _lastColumn = Width - 1, _firstPage, _lastPage = Pages - 1;
    private int _mode = 2;     // page addressing, as at reset

    public SimulatedSsd1306() => new Random(1_306).NextBytes(_memory);   // as it wakes

    public bool Unplugged { get; set; }

    public bool IsOn { get; private set; }

    /// <summary>Without it nothing shines.</summary>
    public bool ChargePump { get; private set; }

    public bool Mirrored { get; private set; }

    /// <summary>Bytes that went over the wire.</summary>
    public long Taken { get; private set; }

    public override I2cConnectionSettings ConnectionSettings { get; } = new(1, 0x3C);

    /// <summary>The dots of one row of text as a picture of # and spaces, eight lines.</summary>
    public string Picture(int page)
    {
        var text = new StringBuilder();
        for (var y = 0; y < 8; y++)
            text.AppendLine(new string([.. Enumerable.Range(0, Width).Select(x => (_memory[(page * Width) + x] >> y & 1) == 1 ? '#' : ' ')]).TrimEnd());
        return text.ToString();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Unplugged) throw new IOException("Error 121 performing I2C data transfer.");
        Taken += buffer.Length;
        if (buffer[0] == 0x40)
            foreach (var value in buffer[1..]) Store(value);
        else if (buffer[0] == 0x00)
            for (var i = 1; i < buffer.Length; i++)
            {
                var count = Arguments.GetValueOrDefault(buffer[i]);
                Obey(buffer[i], buffer.Slice(i + 1, count));
                i += count;
            }
        else throw new NotSupportedException($"control byte {buffer[0]:X2}");
    }

    private void Obey(byte command, ReadOnlySpan<byte> with)
    {
        switch (command)
        {
            case 0x20: _mode = with[0]; break;
            case 0x21: (_firstColumn, _lastColumn, _column) = (with[0], with[1], with[0]); break;
            case 0x22: (_firstPage, _lastPage, _page) = (with[0], with[1], with[0]); break;
            case 0x8D: ChargePump = (with[0] & 0x04) != 0; break;
            case 0xA1 or 0xC8: Mirrored = true; break;
            case 0xAE: IsOn = false; break;
            case 0xAF: IsOn = true; break;
            case 0x40 or 0x81 or 0xA4 or 0xA6 or 0xA8 or 0xD3 or 0xD5 or 0xD9 or 0xDA or 0xDB: break;
            default: throw new NotSupportedException($"command {command:X2}");
        }
    }

    private void Store(byte value)
    {
        if (_mode != 0) throw new NotSupportedException("the driver writes in horizontal addressing only");
        _memory[(_page * Width) + _column] = value;
        if (++_column <= _lastColumn) return;
        _column = _firstColumn;
        _page = _page < _lastPage ? _page + 1 : _firstPage;
    }

    public override void Read(Span<byte> buffer) => throw new NotSupportedException("over I2C the chip is written to only");

    public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer) => throw new NotSupportedException("over I2C the chip is written to only");
}
