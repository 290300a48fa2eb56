using System.Device.Spi;
using System.Globalization;
using Nauha.Device.Wiring;
using Nauha.Drivers.Board;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Hook;
using Nauha.Drivers.Siprec;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Nauha.Simulation;
using Nauha.Telephony;

namespace Nauha.Device.Settings;

/// <summary>A line as the program wires it.</summary>
/// <param name="Open">Opens its source, and again after a failure.</param>
internal sealed record WiredLine(LineId Line, LineSettings Settings, Func<ILineSource> Open)
{
    /// <summary>What was measured of it and is in use; null: the configuration's values are.</summary>
    public LineCalibration? Calibration { get; init; }
}

/// <summary>From configuration and scenario to lines.</summary>
internal static class Lines
{
    /// <summary>Hooks and relays of the lines that hang on a device.</summary>
    /// <exception cref="BoardException">A line's hook hangs on something that this board does not have.</exception>
    public static LineHooks Hooks(RecorderOptions options, TimeProvider time)
    {
        var profile = BoxFront.Profile(options.Board);
        return new(options.Lines.Where(line => line.Value.Source == "alsa").ToDictionary(line => int.Parse(line.Key, CultureInfo.InvariantCulture), line => line.Value.Hook.Measured(Calibrated.InUse(options.Data!, int.Parse(line.Key, CultureInfo.InvariantCulture), line.Value)?.ZeroVolts)),
            profile is null ? BoardPins.None : BoardPins.Open(profile), volts => SpiDevice.Create(Mcp3208.Settings(volts.SpiBus, volts.ChipSelect, volts.ClockHz)), time);
    }

    /// <summary>What a board's buses carry without losing samples; of a board that nobody described nothing is known.</summary>
    /// <exception cref="ConfigurationException">There are more lines.</exception>
    public static void Fit(RecorderOptions options)
    {
        var lines = options.Lines.Count(line => line.Value.Source == "alsa");
        if (BoxFront.Profile(options.Board) is { I2sLines: var i2s, UsbLines: var usb } board && Math.Max(i2s, usb) is > 0 and var most && lines > most)
            throw new ConfigurationException($"The configuration has {lines} lines on sound devices; the board {board.Name} carries {i2s} by I2S or {usb} by USB. Take another board, or give the rest to another box.");
    }

    /// <summary>The lines of the configuration that hang on a device.</summary>
    /// <exception cref="ConfigurationException">There is none, or a value does not do.</exception>
    public static IReadOnlyList<WiredLine> OnDevices(RecorderOptions options, LineHooks hooks, SiprecTrunks? trunks, TimeProvider time)
    {
        var lines = options.Lines.Where(line => line.Value.Source is not null).Select(line => OnDevice(int.Parse(line.Key, CultureInfo.InvariantCulture), options, hooks, trunks, time)).OrderBy(line => line.Line.Number).ToList();
        return lines.Count > 0 ? lines : throw new ConfigurationException("No line of the configuration has a source: give one a device (lines:1:source=alsa, lines:1:sound:device=…; nauha-recorder devices lists them), or run on the simulated exchange with --simulate SCENARIO.json.");
    }

    /// <param name="hooks">Null: the line is not to be opened, its settings alone are wanted.</param>
    /// <param name="trunks">Of lines whose source is siprec; null: they cannot be opened.</param>
    /// <exception cref="ConfigurationException">The line has no device, or a value does not do.</exception>
    public static WiredLine OnDevice(int number, RecorderOptions options, LineHooks? hooks, SiprecTrunks? trunks, TimeProvider time)
    {
        var own = options.Line(number);
        if (own.Source is null) throw new ConfigurationException($"Line {number} of the configuration has no source: lines:{number}:source=alsa and lines:{number}:sound:device=… name its device.");
        var settings = Settings(number, own, options, own.Source == "siprec" ? LineProfile.PbxExtension.Name : LineProfile.Ata.Name, agent: null, waitsForRoom: false);
        if (own.Source == "siprec") return new(new(number), settings, () => trunks?.Open(new(number), settings.Profile.Name, own.Siprec) ?? throw new SiprecException("A line that a PBX feeds is opened by the recorder alone."));
        var (line, cards) = (new LineId(number), new SoundCards());
        var known = Calibrated.InUse(options.Data!, number, own);
        var sound = own.Sound.Measured(known?.DbvAtFullScale);
        return new(line, settings, () => AlsaLine.Open(line, settings.Profile.Name, sound, cards, time, hooks?.HookOf(number), hooks?.RelayOf(number), speaks: !settings.Listens)) { Calibration = known };
    }

    public static IReadOnlyList<WiredLine> Simulated(ScenarioFile scenario, RecorderOptions options, double speed, TimeProvider time) =>
        [.. scenario.Lines.Select(line => Simulated(line, scenario, options.Line(line.Line.Number), options, speed, time))];

    private static WiredLine Simulated(ScenarioLine line, ScenarioFile scenario, LineSetup own, RecorderOptions options, double speed, TimeProvider time)
    {
        Configuration.CheckMaskCode(line.Line.Number, own.MaskCode, line.Profile.Tap);
        return new(line.Line, Settings(line.Line.Number, own, options, line.Profile.Name, line.Agent, waitsForRoom: speed != 1), Exchange(line, scenario, speed, time));
    }

    // What the configuration says of a line; where it says nothing, the scenario, then the default.
    private static LineSettings Settings(int line, LineOptions own, RecorderOptions options, string profile, AgentId? agent, bool waitsForRoom)
    {
        var told = own.Announcement.Over(options.Announcement);
        try
        {
            return new(LineProfile.Named(own.Profile ?? profile) ?? LineProfile.Ata, told.Known is { } known ? Announcement.Known(known, told.KnownText) : Announcement.Bundled((told.Sequence ?? AnnouncementOptions.DefaultSequence).Split('+')), told.LevelDbv ?? AnnouncementOptions.DefaultLevelDbv,
                own.Agent is not null && AgentId.TryParse(own.Agent, out var named) ? named : agent,
                [.. LineSettings.EmergencyNumbers, .. (own.Emergency ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)])
            { WaitsForRoom = waitsForRoom, Listens = told.Known is not null, KnownDbv = told.KnownDbv, Tones = ToneSet.Named(own.Tones), Outside = own.Outside, SignIn = own.SignIn is { In: null, Out: null } ? null : own.SignIn, LongestMask = TimeSpan.FromSeconds(own.MaskSeconds), MaskCode = own.MaskCode, Known = LearnedLine.Load(options.Data!, line), Learned = learned => learned.Save(options.Data!) };
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException($"The configuration's announcement:{(told.Known is null ? "sequence" : "known")} of line {line} is {told.Known ?? told.Sequence}: {e.Message}");
        }
    }

    private static Func<ILineSource> Exchange(ScenarioLine line, ScenarioFile scenario, double speed, TimeProvider time)
    {
        var seed = scenario.Seed + line.Line.Number;
        var truth = scenario.Truth is { } folder ? new GroundTruth(folder, line.Line, line.Profile, seed) : null;
        var exchange = new ExchangeLine(line.Profile, line.Calls, seed) { Truth = truth, Stems = truth is null ? null : new() };
        if (scenario.EpochMs is { } epoch)
        {
            // A restarted recorder finds the exchange where it would be by now.
            var due = (long)((time.GetUtcNow().ToUnixTimeMilliseconds() - epoch) * 8 * speed) / 160 * 160;
            var (samples, volts) = (new short[160], new float[20]);
            while (exchange.Now < due) exchange.Fill(samples, volts);
        }
        return () => new SimulatedLine(line.Line, line.Profile, exchange, new LinePacer(time, speed));
    }
}
