using System.Device.I2c;

namespace Nauha.Drivers.Clock;

/// <summary>The clock's twin: 19 registers behind a pointer that moves on and wraps, counting by a <see cref="TimeProvider"/>.</summary>
public sealed class SimulatedDs3231(TimeProvider time) : I2cDevice
{
    private const int Registers = 0x13;
    private readonly byte[] _registers = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x1C, 0x88, 0, 0x19, 0x40];   // as it wakes the first time: it stood still
    private int _pointer;
    private DateTime _set = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private long _setAt = time.GetTimestamp();

    /// <summary>No chip on the bus.</summary>
    public bool Unplugged { get; set; }

    /// <summary>The cell was out: time stood still, and the chip says so.</summary>
    public void LoseCell() => _registers[0x0F] |= 0x80;

    public byte this[int register]
    {
        get
        {
            Count();
            return _registers[register];
        }
        set => _registers[register] = value;
    }

    public override I2cConnectionSettings ConnectionSettings { get; } = new(1, Ds3231.Address);

    public override void Read(Span<byte> buffer)
    {
        Acknowledge();
        Count();
        for (var i = 0; i < buffer.Length; i++, _pointer = (_pointer + 1) % Registers) buffer[i] = _registers[_pointer];
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Acknowledge();
        Count();
        _pointer = buffer[0] % Registers;
        foreach (var value in buffer[1..])
        {
            var isTime = _pointer < 7;
            // OSF can be cleared, never set; temperature is read only.
            if (_pointer == 0x0F) _registers[0x0F] = (byte)((_registers[0x0F] & value & 0x80) | (value & 0x0B) | (_registers[0x0F] & 0x04));
            else if (_pointer < 0x11) _registers[_pointer] = value;
            _pointer = (_pointer + 1) % Registers;
            if (isTime) Restart();
        }
    }

    public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer)
    {
        Write(writeBuffer);
        Read(readBuffer);
    }

    private void Acknowledge()
    {
        if (Unplugged) throw new IOException("Error 121 performing I2C data transfer.");
    }

    private void Restart()
    {
        _setAt = time.GetTimestamp();
        int D(int register, int mask) => ((_registers[register] & mask) >> 4) * 10 + (_registers[register] & mask & 0x0F);
        if (D(4, 0x3F) is 0 or > 31 || D(5, 0x1F) is 0 or > 12) return;
        try
        {
            _set = new(2000 + (_registers[5] >> 7) * 100 + D(6, 0xFF), D(5, 0x1F), D(4, 0x3F), D(2, 0x3F), D(1, 0x7F), D(0, 0x7F), DateTimeKind.Utc);
        }
        catch (ArgumentOutOfRangeException)
        {
            // half written: the next byte makes it whole
        }
    }

    private void Count()
    {
        if ((_registers[0x0F] & 0x80) != 0 && (_registers[0x0E] & 0x80) != 0) return;
        var now = _set + time.GetElapsedTime(_setAt);
        static byte B(int value) => (byte)((value / 10 << 4) | (value % 10));
        (_registers[0], _registers[1], _registers[2], _registers[3]) = (B(now.Second), B(now.Minute), B(now.Hour), (byte)((int)now.DayOfWeek + 1));
        (_registers[4], _registers[5], _registers[6]) = (B(now.Day), (byte)(B(now.Month) | (now.Year >= 2100 ? 0x80 : 0)), B(now.Year % 100));
    }
}
