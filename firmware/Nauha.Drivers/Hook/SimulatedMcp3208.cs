using System.Device.Spi;

namespace Nauha.Drivers.Hook;

/// <summary>
/// The converter's twin: takes the driver's bits one by one as the chip does, samples after the channel's last bit, and
/// shifts out a null bit and twelve more. What it is given is volts at its inputs.
/// </summary>
public sealed class SimulatedMcp3208(double referenceVolts = 3.3) : SpiDevice
{
    private readonly Func<double>[] _inputs = [.. Enumerable.Repeat<Func<double>>(() => 0, Mcp3208.Channels)];

    /// <summary>No chip: the data line is pulled up.</summary>
    public bool Unplugged { get; set; }

    /// <summary>What the driver last sent.</summary>
    public byte[] Asked { get; private set; } = [];

    public override SpiConnectionSettings ConnectionSettings { get; } = Mcp3208.Settings(0, 0, 1_000_000);

    /// <summary>Volts at a channel when it is sampled.</summary>
    public void Wire(int channel, Func<double> volts) => _inputs[channel] = volts;

    public override void TransferFullDuplex(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer)
    {
        if (writeBuffer.Length != readBuffer.Length) throw new ArgumentException("both directions have one length", nameof(readBuffer));
        Asked = writeBuffer.ToArray();
        readBuffer.Clear();
        var (clock, started, command, left, result) = (0, -1, 0, 0, 0);
        for (var i = 0; i < writeBuffer.Length * 8; i++)
        {
            var input = (writeBuffer[i / 8] >> (7 - (i % 8))) & 1;
            var output = Unplugged ? 1 : 0;
            if (started < 0)
            {
                if (input == 1) (started, clock) = (0, 0);
            }
            else if (++clock <= 4)
            {
                command = (command << 1) | input;   // single-ended, D2, D1, D0
                if (clock == 4) (result, left) = (Convert(command), 13);
            }
            else if (clock > 5 && left > 0)         // one clock to sample, then the null bit and twelve more
            {
                left--;
                output |= left == 12 ? 0 : (result >> left) & 1;
            }
            readBuffer[i / 8] |= (byte)(output << (7 - (i % 8)));
        }
    }

    private int Convert(int command)
    {
        if ((command & 8) == 0) throw new NotSupportedException("the driver asks for a pair of inputs; it never does");
        return (int)Math.Clamp(Math.Floor(_inputs[command & 7]() / referenceVolts * 4_096), 0, Mcp3208.FullScale);
    }

    public override void Read(Span<byte> buffer) => TransferFullDuplex(new byte[buffer.Length], buffer);

    public override void Write(ReadOnlySpan<byte> buffer) => TransferFullDuplex(buffer, new byte[buffer.Length]);
}
