using System.CommandLine;
using System.Text.Json;
using Nauha.Recorder.Sync;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder enrol: joins the fleet of a central, once.</summary>
internal static class EnrolCommand
{
    public static Command Create()
    {
        var central = new Option<string>("--central") { Description = "Central's address, from the code sheet (https://…:8443).", Required = true };
        var code = new Option<string>("--code") { Description = "The one-time code from the code sheet.", Required = true };
        var root = new Option<string>("--trust-root") { Description = "The trust root from the code sheet: 32 hexadecimal digits.", Required = true };
        var demo = new Option<bool>("--demo") { Description = "A folder for simulated calls only." };
        var command = new Command("enrol", "Join this box to its central with a one-time code.") { central, code, root, demo };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            if (!Uri.TryCreate(parse.GetValue(central), UriKind.Absolute, out var address) || address.Scheme != "https")
            {
                await Console.Error.WriteLineAsync("--central is an address that begins with https://.");
                return 2;
            }
            var data = Shared.DataOf(parse);
            DataLock.Mark(data, parse.GetValue(demo), TimeProvider.System);
            var appliance = await Enrolment.RunAsync(data, address, parse.GetValue(code)!, parse.GetValue(root)!, cancel);
            Console.WriteLine(parse.GetValue(Shared.Json) ? JsonSerializer.Serialize(new { appliance = appliance.Text }) : $"This box is appliance {appliance.Text} now.");
            return 0;
        }));
        return command;
    }
}
