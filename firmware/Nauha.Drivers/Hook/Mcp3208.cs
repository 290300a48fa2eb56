using System.Device.Spi;

namespace Nauha.Drivers.Hook;

/// <summary>Microchip MCP3208: eight channels, 12 bit, SPI. Bytes and bits stand in README.md. Shaped like Iot.Device.Adc.Mcp3208.</summary>
public sealed class Mcp3208(SpiDevice spi) : IDisposable
{
    public const int Channels = 8;

    /// <summary>The highest reading: one step below the reference.</summary>
    public const int FullScale = 4_095;

    /// <summary>SPI mode 0; 1 MHz at 3.3 V is the data sheet's limit at 2.7 V, and enough for eight lines.</summary>
    public static SpiConnectionSettings Settings(int bus, int chipSelect, int clockHz) => new(bus, chipSelect) { ClockFrequency = clockHz, Mode = SpiMode.Mode0, DataBitLength = 8 };

    /// <summary>One conversion of a channel against the analogue earth, 0 to 4,095.</summary>
    /// <exception cref="IOException">The converter does not answer: its null bit is not 0.</exception>
    public int Read(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)channel, (uint)(Channels - 1), nameof(channel));
        // Start bit, single-ended, channel: 0000 01SC CCxx xxxx xxxx xxxx, so that the result ends with the third byte.
        Span<byte> ask = [(byte)(0x06 | (channel >> 2)), (byte)((channel << 6) & 0xFF), 0];
        Span<byte> heard = stackalloc byte[3];
        spi.TransferFullDuplex(ask, heard);
        // An open data line with a pull-up reads ones, also where the null bit belongs.
        if ((heard[1] & 0x10) != 0) throw new IOException("The converter MCP3208 does not answer: check its supply and the SPI wires.");
        return ((heard[1] & 0x0F) << 8) | heard[2];
    }

    public void Dispose() => spi.Dispose();
}
