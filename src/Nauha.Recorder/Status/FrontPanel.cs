using Microsoft.Extensions.Hosting;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Status;

/// <summary>
/// Shows the lamps on the box's front and takes the button: pressed for less than a second it tests the lamps, held for
/// five it stops the program safely. Asks the box four times a second and its contacts fifty times; nobody waits for it.
/// </summary>
/// <param name="stop">The safe stop: ends the program in order.</param>
/// <param name="share">How bright the LEDs are now: 1, or 0.2 by night.</param>
/// <param name="pressed">Masking or "do not record" was pressed; called at once.</param>
public sealed class FrontPanel(IFrontPanel front, Func<IReadOnlyList<Lamp>> lamps, Action stop, TimeProvider time, Func<double>? share = null, Action<PanelContact>? pressed = null) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20), LookEvery = TimeSpan.FromMilliseconds(250), BeatEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AllWhite = TimeSpan.FromSeconds(2), Slowly = TimeSpan.FromMilliseconds(500);

    /// <summary>What asks for somebody stays shown for so long at least.</summary>
    private static readonly TimeSpan FaultShown = TimeSpan.FromSeconds(10);

    private readonly PressSense _button = new(), _mask = new(), _noRecord = new(), _hold = new();
    private readonly LedColour[] _colours = new LedColour[4];
    private readonly Shown?[] _shown = new Shown?[4];
    private readonly long _epoch = time.GetTimestamp();
    private TimeSpan _looked = -LookEvery, _beaten = -BeatEvery;
    private TimeSpan? _testSince;
    private double _share = -1;
    private bool _stopping;

    private readonly record struct Shown(Lamp Lamp, TimeSpan From);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        do Step();
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    /// <summary>One look at contacts and clock.</summary>
    internal void Step()
    {
        var now = time.GetElapsedTime(_epoch);
        var press = _button.Look(front.IsDown(PanelContact.Button), now);
        if (press == Press.Tapped && !_stopping) _testSince = now;
        if (press == Press.Held && !_stopping)
        {
            _stopping = true;
            stop();
        }
        Contact(PanelContact.Mask, _mask, now);
        Contact(PanelContact.NoRecord, _noRecord, now);
        Contact(PanelContact.Hold, _hold, now);
        if (now - _beaten >= BeatEvery)
        {
            _beaten = now;
            front.Beat();
        }
        if (now - _looked >= LookEvery)
        {
            _looked = now;
            foreach (var lamp in lamps()) Take(lamp, now);
            if (share?.Invoke() is { } bright && bright != _share) front.Dim(_share = bright);
        }
        if (_stopping) _colours.AsSpan().Fill(LedColour.White);
        else if (_testSince is not { } since || !Test(now - since))
            for (var led = 0; led < _colours.Length; led++) _colours[led] = _shown[led] is { } shown ? LampPattern.At(shown.Lamp, now - shown.From) : LedColour.Dark;
        front.Show(_colours);
    }

    private void Contact(PanelContact contact, PressSense sense, TimeSpan now)
    {
        sense.Look(front.IsDown(contact), now);
        if (sense.WentDown) pressed?.Invoke(contact);
    }

    // A lamp that has not changed goes on; a new one begins with the next half second of the common grid.
    private void Take(Lamp lamp, TimeSpan now)
    {
        var was = _shown[lamp.Led - 1];
        if (was is { } shown && (shown.Lamp == lamp || (shown.Lamp.Colour == "amber" && now - shown.From < FaultShown && !IsWorse(lamp, shown.Lamp)))) return;
        _shown[lamp.Led - 1] = new(lamp, TimeSpan.FromTicks((now.Ticks + LampPattern.Grid.Ticks - 1) / LampPattern.Grid.Ticks * LampPattern.Grid.Ticks));
    }

    // The legend has the worst first.
    private static bool IsWorse(Lamp one, Lamp other) => LedLegend.States.TakeWhile(state => state != other).Contains(one);

    // All white for two seconds, then one LED after the other says its code once, slowly. False: it is over.
    private bool Test(TimeSpan since)
    {
        _colours.AsSpan().Fill(since < AllWhite ? LedColour.White : LedColour.Dark);
        if (since < AllWhite) return true;
        since -= AllWhite + (Slowly * 2);
        for (var led = 0; led < _shown.Length; led++)
        {
            var blinks = _shown[led] is { Lamp.Count: > 0 and var count } ? count : 1;
            var takes = (Slowly * 2 * blinks) + (Slowly * 2);
            if (since < takes)
            {
                if (_shown[led] is { } shown && since >= TimeSpan.Zero && since < Slowly * 2 * blinks && since.Ticks / Slowly.Ticks % 2 == 0) _colours[led] = LampPattern.Colour(shown.Lamp);
                return true;
            }
            since -= takes;
        }
        _testSince = null;
        return false;
    }

    /// <summary>After an orderly stop by the button: four slow blue winks, "may unplug"; then as a stopped box shows.</summary>
    public static async Task MayUnplugAsync(IFrontPanel front, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(front);
        for (var wink = 0; wink < 4; wink++)
            foreach (var colour in new[] { LedColour.Blue, LedColour.Dark })
                await ShowAsync(colour).ConfigureAwait(false);
        Stopped(front);

        async Task ShowAsync(LedColour colour)
        {
            front.Show([colour, colour, colour, colour]);
            front.Beat();
            await Task.Delay(Slowly, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>A program that has stopped, or crashed: LED 1 amber and steady, the others dark.</summary>
    public static void Stopped(IFrontPanel front)
    {
        ArgumentNullException.ThrowIfNull(front);
        front.Show([LampPattern.Colour(Lamps.Stopped), LedColour.Dark, LedColour.Dark, LedColour.Dark]);
    }
}
