using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Device.Wiring;
using Nauha.Recorder.Status;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder leds stopped: what a crash leaves, shown. For the unit's ExecStopPost; the recorder must not run.</summary>
internal static class LedsCommand
{
    public static Command Create()
    {
        var stopped = new Command("stopped", "LED 1 amber and steady, the others dark: the program has stopped.");
        stopped.SetAction((parse, _) => Shared.Guarded(() =>
        {
            using var front = BoxFront.Open(Shared.Options(parse), simulated: false, NullLogger.Instance);
            if (front.Panel is null) Console.Error.WriteLine("This box has no LEDs that could be reached.");
            else FrontPanel.Stopped(front.Panel);
            return Task.FromResult(front.Panel is null ? 3 : 0);
        }));
        return new Command("leds", "The LEDs of the box, while the recorder does not run.") { stopped };
    }
}
