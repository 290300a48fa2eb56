using System.Device.I2c;

namespace Nauha.Drivers.Clock;

/// <summary>Maxim DS3231, the clock that runs on when the box has no power. Registers stand in README.md. Shaped like Iot.Device.Rtc.Ds3231.</summary>
/// <exception cref="IOException">From every member: the chip does not answer.</exception>
public sealed class Ds3231(I2cDevice i2c) : IDisposable
{
    /// <summary>The only address it can have.</summary>
    public const int Address = 0x68;

    private const byte Seconds = 0x00, Control = 0x0E, Status = 0x0F, TemperatureHigh = 0x11;
    private const byte Stopped = 0x80, Oscillator = 0x80, Hours12 = 0x40, Afternoon = 0x20, Century = 0x80;

    /// <summary>UTC. Null: it stood still at some time since it was set, its cell is empty or was out; or what it holds is no date.</summary>
    public DateTimeOffset? Read()
    {
        Span<byte> r = stackalloc byte[7];
        i2c.WriteRead([Seconds], r);
        if ((Register(Status) & Stopped) != 0) return null;
        try
        {
            var hour = (r[2] & Hours12) == 0 ? Bcd(r[2], 0x3F) : (Bcd(r[2], 0x1F) % 12) + ((r[2] & Afternoon) == 0 ? 0 : 12);
            return new(2000 + ((r[5] & Century) == 0 ? 0 : 100) + Bcd(r[6], 0xFF), Bcd(r[5], 0x1F), Bcd(r[4], 0x3F), hour, Bcd(r[1], 0x7F), Bcd(r[0], 0x7F), TimeSpan.Zero);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;   // digits that are none, or a thirtieth of February
        }
    }

    /// <summary>Sets it, starts its oscillator on the cell too, and takes the mark of having stood still away.</summary>
    public void Set(DateTimeOffset moment)
    {
        var t = moment.UtcDateTime;
        if (t.Year is < 2000 or > 2199) throw new ArgumentOutOfRangeException(nameof(moment), t, "the clock counts from 2000 to 2199");
        i2c.Write([Seconds, Bcd(t.Second), Bcd(t.Minute), Bcd(t.Hour), (byte)((int)t.DayOfWeek + 1), Bcd(t.Day), (byte)(Bcd(t.Month) | (t.Year >= 2100 ? Century : 0)), Bcd(t.Year % 100)]);
        i2c.Write([Control, (byte)(Register(Control) & ~Oscillator)]);
        i2c.Write([Status, (byte)(Register(Status) & ~Stopped)]);
    }

    /// <summary>Of the crystal, in steps of 0.25 °C; measured by the chip once in 64 s.</summary>
    public double Celsius
    {
        get
        {
            Span<byte> r = stackalloc byte[2];
            i2c.WriteRead([TemperatureHigh], r);
            return (sbyte)r[0] + ((r[1] >> 6) * 0.25);
        }
    }

    private byte Register(byte address)
    {
        Span<byte> r = stackalloc byte[1];
        i2c.WriteRead([address], r);
        return r[0];
    }

    private static int Bcd(byte value, int mask)
    {
        var (tens, ones) = ((value & mask) >> 4, value & mask & 0x0F);
        return ones > 9 || tens > 9 ? throw new ArgumentOutOfRangeException(nameof(value)) : (tens * 10) + ones;
    }

    private static byte Bcd(int value) => (byte)((value / 10 << 4) | (value % 10));

    public void Dispose() => i2c.Dispose();
}
