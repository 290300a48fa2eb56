using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Board;
using Nauha.Drivers.Clock;
using Nauha.Drivers.Display;
using Nauha.Drivers.Thermometer;
using Nauha.Drivers.Watchdog;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

public sealed class OnTheBus
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 13, 59, 58, TimeSpan.Zero);

    [Fact]
    public void The_clock_wakes_as_one_that_stood_still_is_set_and_goes_on()
    {
        var time = new FakeTimeProvider(Now);
        using var chip = new SimulatedDs3231(time);
        using var clock = new Ds3231(chip);
        clock.Read().ShouldBeNull("nobody has set it yet");
        clock.Set(Now);
        clock.Read().ShouldBe(Now);
        time.Advance(TimeSpan.FromSeconds(3_723));
        clock.Read().ShouldBe(Now.AddSeconds(3_723));
        chip.LoseCell();
        clock.Read().ShouldBeNull("its cell was out: what it holds is worth nothing");
        clock.Set(new(2104, 2, 29, 23, 59, 59, TimeSpan.Zero));
        clock.Read().ShouldBe(new DateTimeOffset(2104, 2, 29, 23, 59, 59, TimeSpan.Zero));
        Should.Throw<ArgumentOutOfRangeException>(() => clock.Set(new(1999, 12, 31, 0, 0, 0, TimeSpan.Zero)));
        chip.Unplugged = true;
        Should.Throw<IOException>(() => clock.Read());
    }

    /// <summary>The data sheet's register map: BCD, bits 6 and 5 of hours for 12-hour mode and afternoon, bit 7 of month for the century.</summary>
    [Theory]
    [InlineData(new byte[] { 0x58, 0x59, 0x13, 3, 0x01, 0x12, 0x26 }, "2026-12-01T13:59:58Z")]
    [InlineData(new byte[] { 0x00, 0x30, 0x72, 3, 0x01, 0x12, 0x26 }, "2026-12-01T12:30:00Z")]   // 12 in the afternoon
    [InlineData(new byte[] { 0x00, 0x30, 0x52, 3, 0x01, 0x12, 0x26 }, "2026-12-01T00:30:00Z")]   // 12 in the morning
    [InlineData(new byte[] { 0x00, 0x30, 0x65, 3, 0x01, 0x12, 0x26 }, "2026-12-01T17:30:00Z")]   // 5 in the afternoon
    [InlineData(new byte[] { 0x00, 0x00, 0x00, 3, 0x01, 0x81, 0x05 }, "2105-01-01T00:00:00Z")]
    [InlineData(new byte[] { 0x00, 0x00, 0x00, 3, 0x30, 0x02, 0x26 }, null)]                     // no such day
    [InlineData(new byte[] { 0x5A, 0x00, 0x00, 3, 0x01, 0x01, 0x26 }, null)]                     // no such digit
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, null)]
    public void Registers_are_read_as_the_data_sheet_has_them(byte[] registers, string? moment)
    {
        using var chip = new FixedRegisters(registers);
        using var clock = new Ds3231(chip);
        clock.Read().ShouldBe(moment is null ? null : DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture));
        clock.Celsius.ShouldBe(25.25);
    }

    private sealed class FixedRegisters(byte[] time) : System.Device.I2c.I2cDevice
    {
        private readonly byte[] _all = [.. time, .. new byte[10], 0x19, 0x40];

        public override System.Device.I2c.I2cConnectionSettings ConnectionSettings { get; } = new(1, 0x68);

        public override void Read(Span<byte> buffer) => throw new NotSupportedException();

        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

        public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer) => _all.AsSpan(writeBuffer[0], readBuffer.Length).CopyTo(readBuffer);
    }

    [Fact]
    public void The_display_shows_what_it_was_given_and_only_changes_go_over_the_wire()
    {
        using var chip = new SimulatedSsd1306();
        using var display = new Ssd1306(chip);
        display.Show(["Hyvää yötä", "", "LED 2: 1"]);
        (chip.IsOn, chip.ChargePump, chip.Mirrored).ShouldBe((true, true, true));
        chip.Picture(2).ShouldBe(
            """
            #     ##### ####         ###                #
            #     #     #   #       #   #              ##
            #     #     #   #           #   #           #
            #     ####  #   #        ###                #
            #     #     #   #       #       #           #
            #     #     #   #       #                   #
            ##### ##### ####        #####              ###


            """);
        chip.Picture(1).Trim().ShouldBeEmpty("its memory holds noise when it wakes");
        chip.Picture(7).Trim().ShouldBeEmpty();
        var before = chip.Taken;
        display.Show(["Hyvää yötä", "", "LED 2: 1"]);
        chip.Taken.ShouldBe(before);
        display.Show(["Hyvää yötä", "", "LED 2: 3"]);
        (chip.Taken - before).ShouldBe(7 + 129, "one row");
        display.Show([new string('x', 200)]);
        chip.Picture(0).Split('\n')[5].ShouldNotBeEmpty("what does not fit is cut off");
    }

    [Fact]
    public void A_display_that_was_away_is_woken_and_written_whole()
    {
        var chip = new SimulatedSsd1306();
        using var display = new Ssd1306(chip);
        display.Show(["one"]);
        var picture = chip.Picture(0);
        chip.Unplugged = true;
        Should.Throw<IOException>(() => display.Show(["two"]));
        chip.Unplugged = false;
        display.Show(["one"]);
        chip.Picture(0).ShouldBe(picture);
        chip.IsOn.ShouldBeTrue();
        display.Dispose();
        chip.IsOn.ShouldBeFalse("an OLED burns in");
    }

    [Fact]
    public void Temperature_and_supply_are_what_the_kernel_shows_and_nothing_where_it_shows_nothing()
    {
        using var folder = new Folder();
        var (board, gauge) = (new SimulatedBoard(folder.Path), new CpuTemperature(folder.Path));
        gauge.IsAvailable.ShouldBeFalse();
        gauge.Read().ShouldBe(default);
        board.Temperature(48.312);
        board.Throttled(0);
        gauge.Read().ShouldBe(new(48.312, false, false, false));
        gauge.Read().IsBad.ShouldBeFalse();
        board.Throttled(0x50000);
        gauge.Read().ShouldSatisfyAllConditions(h => h.UnderVoltageSeen.ShouldBe(true), h => h.UnderVoltage.ShouldBe(false), h => h.IsBad.ShouldBeFalse());
        board.Throttled(0x50005);
        gauge.Read().ShouldSatisfyAllConditions(h => h.UnderVoltage.ShouldBe(true), h => h.Throttled.ShouldBe(true), h => h.IsBad.ShouldBeTrue());
        board.Throttled(0);
        board.Temperature(81);
        gauge.Read().IsBad.ShouldBeTrue();
        board.Temperature(-3.5);
        gauge.Celsius.ShouldBe(-3.5);
    }

    [Fact]
    public void A_mainline_kernel_shows_the_supply_as_an_alarm()
    {
        using var folder = new Folder();
        new SimulatedBoard(folder.Path).VoltageAlarm(true);
        new CpuTemperature(folder.Path).Read().ShouldBe(new(null, true, null, null));
    }

    [Fact]
    public async Task systemd_is_fed_through_its_socket()
    {
        using var folder = new Folder();
        var path = System.IO.Path.Combine(folder.Path, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        string? Set(string name) => name switch { "NOTIFY_SOCKET" => path, "WATCHDOG_USEC" => "14000000", _ => null };
        using var notify = SystemdNotify.FromEnvironment(Set).ShouldNotBeNull();
        notify.Timeout.ShouldBe(TimeSpan.FromSeconds(14));
        notify.Ready();
        notify.Feed();
        notify.Stopping();
        var buffer = new byte[100];
        foreach (var expected in new[] { "READY=1", "WATCHDOG=1", "STOPPING=1" })
            System.Text.Encoding.ASCII.GetString(buffer, 0, await systemd.ReceiveAsync(buffer)).ShouldBe(expected);
        SystemdNotify.FromEnvironment(_ => null).ShouldBeNull();
        SystemdNotify.FromEnvironment(name => name == "WATCHDOG_PID" ? "1" : Set(name))!.Timeout.ShouldBe(TimeSpan.Zero, "another process is meant");
        systemd.Close();
        notify.Feed();   // systemd is gone: nothing throws
    }

    // The emulated board (tests/board) was reset every 14 s: the file that stood for the device before could be sought in.
    [Fact]
    public void A_watchdog_is_no_file_to_seek_in_and_is_fed_and_disarmed_all_the_same()
    {
        using var kernel = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.In);
        var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(kernel.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        using (var watchdog = new HardwareWatchdog(new(handle, FileAccess.Write, bufferSize: 0), TimeSpan.FromSeconds(14)))
        {
            watchdog.Feed();
            watchdog.Feed();
        }
        var written = new byte[3];
        kernel.ReadExactly(written);
        written.ShouldBe("..V"u8.ToArray());
    }

    [Fact]
    public void What_is_no_watchdog_is_refused_and_what_the_kernel_says_is_read_without_opening_one()
    {
        using var folder = new Folder();
        var file = System.IO.Path.Combine(folder.Path, "watchdog");
        Should.Throw<BoardException>(() => HardwareWatchdog.Open(file)).Message.ShouldContain("board:watchdog");
        File.WriteAllText(file, "");
        Should.Throw<BoardException>(() => HardwareWatchdog.Open(file)).Message.ShouldContain("no watchdog");
        WatchdogLook.Read(folder.Path).ShouldBeNull();
        Kernel("watchdog0", "Software Watchdog", "inactive", "60");
        WatchdogLook.Read(folder.Path).ShouldBe(new("Software Watchdog", false, 60));
        Kernel("watchdog1", "Broadcom BCM2835 Watchdog timer", "active", "14");
        WatchdogLook.Read(folder.Path).ShouldBe(new("Broadcom BCM2835 Watchdog timer", true, 14));

        void Kernel(string name, string identity, string state, string timeout)
        {
            var at = System.IO.Path.Combine(folder.Path, "class/watchdog", name);
            Directory.CreateDirectory(at);
            File.WriteAllText(System.IO.Path.Combine(at, "identity"), identity + "\n");
            File.WriteAllText(System.IO.Path.Combine(at, "state"), state + "\n");
            File.WriteAllText(System.IO.Path.Combine(at, "timeout"), timeout + "\n");
        }
    }

    internal sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("nauha-drivers-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
