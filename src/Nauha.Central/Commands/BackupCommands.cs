using System.CommandLine;
using System.Text.Json;
using Nauha.Central.Retention;

namespace Nauha.Central.Commands;

public sealed record BackupRequest(string? Path);

/// <summary>A copy of everything but the keystore, and putting one back.</summary>
internal static class BackupCommands
{
    public static CentralCommand Backup()
    {
        var file = new Option<string>("--out") { Description = "Tar file to write; it must not exist.", Required = true };
        return new CentralCommand("backup", "Write a copy of everything but the keystore: what is in it opens only as long as its days' keys live.", new Rule.Operator("sealed as it lies there; nothing opens without the keystore"), [file]).Does(async (client, parse, cancel) =>
        {
            var done = await client.PostAsync("/admin/backup", new BackupRequest(Path.GetFullPath(parse.GetValue(file)!)), cancel);
            CentralCommand.Print(parse, done, $"{done.GetProperty("file")}: {done.GetProperty("files")} files, {done.GetProperty("bytes")} bytes.");
        });
    }

    public static CentralCommand Restore()
    {
        var file = new Argument<string>("file") { Description = "What backup wrote." };
        var replace = new Option<bool>("--replace") { Description = "Put it in the place of the store that is there. The store's own log of who did what stays." };
        var command = new CentralCommand("restore", "Put a backup back, beside the keystore that is there; the server must not run. Appliances then offer again what they still hold, and what was destroyed since stays destroyed.", new Rule.Operator("puts sealed data back; opens nothing"), [file, replace]);
        command.SetAction((parse, cancel) => CentralCommand.GuardedAsync(async () =>
        {
            var options = CentralCommand.Settings(parse);
            using (var one = StoreLock.TryTake(options.Data) ?? throw new CentralException($"nauha-central runs on {options.Data}; stop it first."))
                Backups.Restore(parse.GetValue(file)!, options.Data, parse.GetValue(replace));
            await using var client = await AdminClient.OpenAsync(options, cancel);
            var done = await client.PostAsync("/admin/restored", new { }, cancel);
            CentralCommand.Print(parse, done, $"Restored. The store is of epoch {done.GetProperty("storeEpoch")} now: appliances offer again what they still hold. {done.GetProperty("calls")} calls of the backup were destroyed since, and are again.");
            return 0;
        }, cancel));
        return command;
    }

    public static void MapBackup(this WebApplication app)
    {
        app.MapPost("/admin/backup", async (BackupRequest asked, Backups backups, HttpContext http, CancellationToken cancel) =>
        {
            if (string.IsNullOrWhiteSpace(asked.Path) || !Path.IsPathFullyQualified(asked.Path)) return Results.Problem("Say where to, as a whole path.", statusCode: 400);
            if (File.Exists(asked.Path) || !Directory.Exists(Path.GetDirectoryName(asked.Path))) return Results.Problem($"{asked.Path} exists already, or its folder does not.", statusCode: 409);
            var (files, bytes) = await backups.WriteAsync(asked.Path, Access.Gate.OperatorOf(http), cancel);
            return Results.Ok(new { file = asked.Path, files, bytes });
        }).Operator("sealed as it lies there; nothing opens without the keystore");
        app.MapPost("/admin/restored", async (AfterRestore after, HttpContext http, CancellationToken cancel) =>
        {
            var (calls, epoch) = await after.RunAsync(Access.Gate.OperatorOf(http), cancel);
            return Results.Ok(new { calls, storeEpoch = epoch });
        }).Operator("destroys again what was destroyed since the backup; opens nothing");
    }
}
