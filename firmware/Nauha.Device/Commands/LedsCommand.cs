using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Device.Wiring;
using Nauha.Recorder.Status;
using Spectre.Console;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder leds: what they mean; and, for the unit's ExecStopPost, what a crash leaves.</summary>
internal static class LedsCommand
{
    public static Command Create() => new("leds", "The LEDs of the box.") { Stopped(), Legend() };

    private static Command Stopped()
    {
        var stopped = new Command("stopped", "LED 1 amber and steady, the others dark: the program has stopped. The recorder must not run.") { Shared.Language };
        stopped.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var options = Shared.Options(parse);
            using var front = BoxFront.OpenPanel(options, simulated: false, NullLogger.Instance);
            if (front.Panel is null) Console.Error.WriteLine(Shared.Words(parse, options).Of("leds", "none"));
            else FrontPanel.Stopped(front.Panel);
            return Task.FromResult(front.Panel is null ? 3 : 0);
        }));
        return stopped;
    }

    private static Command Legend()
    {
        var legend = new Command("legend", "What each LED says by its colour and its blinks, and what to do.") { Shared.Language };
        legend.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var words = Shared.Words(parse, Shared.Options(parse));
            if (parse.GetValue(Shared.Json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new { states = LedLegend.States.Select(s => new { led = s.Led, name = s.Name, state = s.Key, colour = s.Colour, pattern = s.Pattern, count = s.Count, says = s.Words.In(words.Language), @do = s.Do?.In(words.Language) }) }));
                return Task.FromResult(0);
            }
            var table = new Table().Border(TableBorder.Rounded).AddColumns("", "LED", "");
            foreach (var led in LedLegend.States.GroupBy(state => state.Led))
            {
                if (led.Key > 1) table.AddEmptyRow();
                foreach (var lamp in led) table.AddRow(StatusPage.Dot(lamp), new Text($"{lamp.Led} {LedLegend.Called(lamp.Name).In(words.Language)}: {LedLegend.Colour(lamp).In(words.Language)}, {StatusPage.Looks(lamp, words)}"), new Text(StatusPage.Says(lamp, words)));
            }
            AnsiConsole.Write(table);
            return Task.FromResult(0);
        }));
        return legend;
    }
}
