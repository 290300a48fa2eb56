using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nauha.Device.Settings;
using Nauha.Device.Wiring;
using Nauha.Device.Words;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Status;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder listen-test: whether what the box says reaches the pair, how loud, and on request how loud it is to be sent.</summary>
internal static class ListenTestCommand
{
    private const double Furthest = 12;         // dB: further off is no matter of calibration
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Why nothing was stored, as a key of the words.</summary>
    private sealed record Refusal(string Key, double OffDb = 0)
    {
        public string In(BoxWords words) => words.Of("listen", "refusal-" + Key, OffDb);
    }

    public static Command Create()
    {
        var line = Shared.LineOption();
        var calibrate = new Option<bool>("--calibrate") { Description = "Store how loud this line must be sent to, and say it again to prove it." };
        var command = new Command("listen-test", "Test one line's announcement, with the recorder stopped: lift the telephone, dial a quiet number, wait; LED 2 guides (blue 2: lift and dial; white, slow: it is said; then blue: proven, amber 3: not heard, amber 4: noise or level). Nothing is recorded. Exit 0: proven; 1: not; 3: it could not be tried.") { line, calibrate, Shared.Language };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var options = Shared.Options(parse);
            var (words, json) = (Shared.Words(parse, options), parse.GetValue(Shared.Json));
            using var one = DataLock.Take(options.Data!);     // first: a recorder that runs has the pins too
            using var hooks = Lines.Hooks(options, TimeProvider.System);
            var wired = Lines.OnDevice(parse.GetValue(line), options, hooks, trunks: null, TimeProvider.System);
            if (wired.Settings.Listens) throw new ConfigurationException($"Line {wired.Line.Number} waits for what network or PBX announce (announcement:known): the box itself never speaks there, so there is nothing to listen to.");
            await using var source = wired.Open();
            using var until = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await using var guide = await FrontGuide.StartAsync(options, until.Cancel, TimeProvider.System);
            if (!guide.Guides) await Console.Error.WriteLineAsync(words.Of("leds", "no-guide", guide.Missing is { Length: > 0 } why ? $" ({why})" : ""));
            var settings = wired.Settings;
            var reach = settings.Known?.InjectionDbv;
            var test = new ListenTest(source, settings.Announcement, settings.AnnouncementDbv, settings.Profile);
            var result = await TryAsync(reach);
            var (stored, refusal) = ((double?)null, (Refusal?)null);
            if (parse.GetValue(calibrate) && result.End == ListenEnd.Judged)
            {
                refusal = Refused(result, reach ?? source.InjectionDbvAtFullScale);
                if (refusal is null)
                {
                    var again = await TryAsync(result.InjectionDbv);
                    if (again is { End: ListenEnd.Judged, Proof.Holds: true, MissingDb: < AnnouncementPlayer.TooFew }) Store(options.Data!, wired, (stored = Math.Round(result.InjectionDbv, 1)).Value);
                    else refusal = new(again.MissingDb >= AnnouncementPlayer.TooFew ? "torn" : "second");
                    result = again;
                }
            }
            guide.Show(ListenLamp.Of(result, refusal is not null));
            Console.WriteLine(json ? Json(wired, result, stored, refusal) : Said(settings, result, stored, refusal, words));
            if (guide.Guides)
            {
                await Console.Error.WriteLineAsync(words.Of("leds", "shown"));
                await guide.LingerAsync(until.Token);
            }
            return result.End != ListenEnd.Judged ? 3 : result.Proof.Holds && refusal is null ? 0 : 1;

            Task<ListenResult> TryAsync(double? injection) => test.RunAsync(injection, step =>
            {
                guide.Show(ListenLamp.Of(step));
                if (!json) Console.WriteLine(words.Of("listen", Key(step.ToString()), wired.Line.Number));
            }, Patience, until.Token);
        }));
        return command;
    }

    private static Refusal? Refused(ListenResult result, double reach) => result.Proof switch
    {
        { Played: false } => new("unknown"),
        { TalkedOver: true } => new("talked-over"),
        { ToneUnder: true } => new("tone"),
        { State: false } => new("state"),
        _ when Math.Abs(result.InjectionDbv - reach) > Furthest => new("far-off", result.InjectionDbv - reach),
        _ => null,
    };

    private static void Store(string data, WiredLine wired, double reach) =>
        ((wired.Settings.Known ?? new() { Line = wired.Line.Number, Profile = wired.Settings.Profile.Name }) with { InjectionDbv = reach, CalibratedMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), AnnouncementDbv = wired.Settings.AnnouncementDbv }).Save(data);

    private static string Said(LineSettings settings, ListenResult result, double? stored, Refusal? refusal, BoxWords words)
    {
        string W(string key, params ReadOnlySpan<object?> with) => words.Of("listen", key, with);
        if (result.End != ListenEnd.Judged) return W(Key(result.End.ToString()));
        var proof = result.Proof;
        List<string> rows =
        [
            W(proof.Holds ? "proven" : "not-proven", 100 * proof.Score),
            "  " + W("level", Number(proof.LevelDbv), settings.AnnouncementDbv) + (proof.Level ? "" : "  <- " + W(proof.LevelDbv > settings.AnnouncementDbv ? "too-loud" : "too-quiet")),
            "  " + W("noise", Number(result.QuietDbv)),
            "  " + W(proof.State ? "steady" : "unsteady") + "; " + W(proof.TalkedOver ? "talked-over" : "not-talked-over") + (result.MissingDb >= AnnouncementPlayer.TooFew ? "; " + W("torn") : ""),
        ];
        if (stored is { } reach) rows.Add(W("stored", Number(reach)));
        else if (refusal is { } why) rows.Add(W("not-stored", why.In(words)));
        return string.Join('\n', rows);
    }

    private static string Number(double? value) => value is { } known && double.IsFinite(known) ? known.ToString("F1", CultureInfo.InvariantCulture) : "-";

    private static string Json(WiredLine wired, ListenResult result, double? stored, Refusal? refusal)
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
            missingDb = Number(result.MissingDb),
            storedDbv = stored,
            refusal = refusal?.In(new("en")),
        });
    }

    private static string Key(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
