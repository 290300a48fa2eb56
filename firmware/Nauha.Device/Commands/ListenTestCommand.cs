using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nauha.Device.Settings;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder listen-test: whether what the box says reaches the pair, how loud, and on request how loud it is to be sent.</summary>
internal static class ListenTestCommand
{
    private const double Furthest = 12;         // dB: further off is no matter of calibration
    private const double Torn = 0.001;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static Command Create()
    {
        var line = Shared.LineOption();
        var calibrate = new Option<bool>("--calibrate") { Description = "Store how loud this line must be sent to, and say it again to prove it." };
        var command = new Command("listen-test", "Test one line's announcement, with the recorder stopped: lift the telephone, dial a quiet number, wait. Nothing is recorded. Exit 0: proven; 1: not; 3: it could not be tried.") { line, calibrate };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var options = Shared.Options(parse);
            using var one = DataLock.Take(options.Data!);     // first: a recorder that runs has the pins too
            using var hooks = Lines.Hooks(options, TimeProvider.System);
            var wired = Lines.OnDevice(parse.GetValue(line), options, hooks, TimeProvider.System);
            await using var source = wired.Open();
            var settings = wired.Settings;
            var json = parse.GetValue(Shared.Json);
            var reach = settings.Known?.InjectionDbv;
            var test = new ListenTest(source, settings.Announcement, settings.AnnouncementDbv, settings.Profile);
            var result = await TryAsync(reach);
            var (stored, refusal) = ((double?)null, (string?)null);
            if (parse.GetValue(calibrate) && result.End == ListenEnd.Judged)
            {
                refusal = Refusal(result, reach ?? source.InjectionDbvAtFullScale);
                if (refusal is null)
                {
                    var again = await TryAsync(result.InjectionDbv);
                    if (again is { End: ListenEnd.Judged, Proof.Holds: true, Clipped: <= Torn }) Store(options.Data!, wired, (stored = Math.Round(result.InjectionDbv, 1)).Value);
                    else refusal = again.Clipped > Torn ? "the device cannot say it that loud: raise its output" : "the second try was not proven";
                    result = again;
                }
            }
            Console.WriteLine(json ? Json(wired, result, stored, refusal) : Words(settings, result, stored, refusal));
            return result.End != ListenEnd.Judged ? 3 : result.Proof.Holds && refusal is null ? 0 : 1;

            Task<ListenResult> TryAsync(double? injection) => test.RunAsync(injection, json ? _ => { } : step => Console.WriteLine(Guide(step, wired.Line.Number)), Patience, cancel);
        }));
        return command;
    }

    private static string? Refusal(ListenResult result, double reach) => result.Proof switch
    {
        { Played: false } => "the announcement was not recognised on the pair",
        { TalkedOver: true } => "somebody spoke over it",
        { ToneUnder: true } => "a tone sounded under it",
        { State: false } => "the handset moved, or the pair was not fed",
        _ when Math.Abs(result.InjectionDbv - reach) > Furthest => string.Create(CultureInfo.InvariantCulture, $"it is {result.InjectionDbv - reach:+0.0;−0.0} dB off what the device should reach: look for a short, an open pair or a wrong plug first"),
        _ => null,
    };

    private static void Store(string data, WiredLine wired, double reach) =>
        ((wired.Settings.Known ?? new() { Line = wired.Line.Number, Profile = wired.Settings.Profile.Name }) with { InjectionDbv = reach, CalibratedMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), AnnouncementDbv = wired.Settings.AnnouncementDbv }).Save(data);

    private static string Guide(ListenStep step, int line) => step switch
    {
        ListenStep.Lift => $"Lift the telephone of line {line}.",
        ListenStep.Dial => "Dial a number behind which it is quiet (another telephone in the room, its handset covered), and be quiet yourself.",
        _ => "Listen: the announcement is played now. Do not speak.",
    };

    private static string Words(LineSettings settings, ListenResult result, double? stored, string? refusal)
    {
        var proof = result.Proof;
        if (result.End != ListenEnd.Judged)
            return result.End switch
            {
                ListenEnd.NobodyLifted => "Nobody lifted the telephone. If somebody did, the box does not see this line: check the plug.",
                ListenEnd.NeverQuiet => "It was never quiet for one and a half seconds: dial a number that stays silent.",
                ListenEnd.HungUp => "The telephone was put down before the end.",
                _ => "The device gave nothing more.",
            };
        string N(double? value) => value is { } known && double.IsFinite(known) ? known.ToString("F1", CultureInfo.InvariantCulture) : "-";
        return string.Create(CultureInfo.InvariantCulture, $"""
            announcement {(proof.Holds ? "proven" : "NOT proven")}: {100 * proof.Score:F0} % of it was recognised
              level on the pair {N(proof.LevelDbv)} dBV, should be {settings.AnnouncementDbv:F1} ± 2.5{(proof.Level ? "" : "  <- " + (proof.LevelDbv > settings.AnnouncementDbv ? "too loud: is the telephone really up? does the device hear itself?" : "too quiet: a short, a second telephone, a weak device; or calibrate"))}
              noise on the quiet line {N(result.QuietDbv)} dBV
              {(proof.State ? "pair steady" : "the pair moved, was not fed, or carried a tone")}; {(proof.TalkedOver ? "talked over" : "not talked over")}{(result.Clipped > Torn ? "; TORN: the device cannot say it that loud" : "")}
            """) + (stored is { } reach ? $"\nstored: a full scale reaches {N(reach)} dBV on this pair" : refusal is { } why ? $"\nnothing was stored: {why}" : "");
    }

    private static string Json(WiredLine wired, ListenResult result, double? stored, string? refusal)
    {
        double? Number(double value) => result.End == ListenEnd.Judged && double.IsFinite(value) ? Math.Round(value, 2) : null;
        bool? Flag(bool value) => result.End == ListenEnd.Judged ? value : null;
        var proof = result.Proof;
        return JsonSerializer.Serialize(new
        {
            line = wired.Line.Number,
            end = JsonNamingPolicy.CamelCase.ConvertName(result.End.ToString()),
            proven = Flag(proof.Holds),
            score = Number(proof.Score),
            played = Flag(proof.Played),
            level = Flag(proof.Level),
            state = Flag(proof.State),
            talkedOver = Flag(proof.TalkedOver),
            levelDbv = Number(proof.LevelDbv),
            expectedDbv = wired.Settings.AnnouncementDbv,
            quietDbv = result.QuietDbv is { } quiet ? Math.Round(quiet, 1) : (double?)null,
            injectionDbv = Number(result.InjectionDbv),
            clippedShare = Number(result.Clipped),
            storedDbv = stored,
            refusal,
        });
    }
}
