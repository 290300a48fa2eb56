using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>A copy of a box on which an earlier call was recorded, and calls that are recorded on it by the recorder's own writer.</summary>
internal sealed class Trial : IDisposable
{
    public const int Frames = 4;
    private static readonly Lazy<Box> Template = new(Prepare);
    private readonly BoxIdentity _identity;
    private readonly byte[] _earlier;

    public Trial()
    {
        Data = Directory.CreateTempSubdirectory("nauha-trial-").FullName;
        Copy(Template.Value.Data, Data);
        _identity = BoxIdentity.Load(Data);
        _earlier = Fingerprint(Data);
    }

    public string Data { get; }

    public BoxIdentity Identity => _identity;

    public Alarms Log { get; } = new();

    public static DaySecret Secret(KeyId kid) => Template.Value.Secrets[kid];

    public CallVault Open(IDisk? disk = null) => CallVault.Open(Data, _identity, true, TimeProvider.System, Log, false, disk ?? Flash.Real);

    public CallVault OpenAt(string data) => CallVault.Open(data, _identity, true, TimeProvider.System, Log, false, Flash.Real);

    /// <summary>One call, told and spoken, from its number to its end.</summary>
    public async Task<CallTicket?> RecordAsync(CallVault vault, TrialDisk? disk = null, int line = 1)
    {
        var ticket = Task.Run(() => vault.Start(new(line), Direction.Incoming));
        var call = new OpenCall(vault, ticket, 32, Log);
        await call.Numbered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (call.IsNumbered) disk?.Note($"numbered {call.Id}");
        call.Told(new StreamInfo { PreSkip = 52, Source = "simulated" }, new RecordFacts { Direction = Direction.Incoming });
        for (var i = 0; i < Frames; i++)
        {
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var frame = new RecordedFrame(_ => written.TrySetResult()) { FirstSample = 100 + (i * 4_000L), Samples = 4_000, Length = 1_500 };
            RandomNumberGenerator.Fill(frame.Buffer.AsSpan(0, 1_500));
            call.Keep(frame);
            await written.Task;
            if (call.IsNumbered && call.Failure is null) disk?.Note($"frame {call.Id} {i + 1}");
        }
        call.End(Ending.Recorded, new RecordFacts { Direction = Direction.Incoming });
        await call.Written;
        if (call.IsNumbered && call.Failure is null) disk?.Note($"ended {call.Id}");
        return ticket.IsCompletedSuccessfully ? ticket.Result : null;
    }

    /// <summary>The earlier call is there as it was, byte for byte.</summary>
    public bool EarlierIsUntouched => EarlierIsUntouchedIn(Data);

    public bool EarlierIsUntouchedIn(string data) => Fingerprint(data).AsSpan().SequenceEqual(_earlier);

    public static string EarlierFile => Path.GetRelativePath(Template.Value.Data, Directory.EnumerateFiles(CallVault.FolderOf(Template.Value.Data), "*.nauha", SearchOption.AllDirectories).Single());

    private static byte[] Fingerprint(string data) => SHA256.HashData(File.ReadAllBytes(Path.Combine(data, EarlierFile)));

    /// <summary>Every frame that was ever on its way to the disk, by file, index and type: no place in it held two values but zero.</summary>
    public static List<string> SecondCiphertexts(IEnumerable<Step> steps)
    {
        var (files, seen, twice) = (new Dictionary<string, byte[]>(), new Dictionary<(string, uint, byte), byte[]>(), new List<string>());
        foreach (var step in steps.Where(s => s.Path.EndsWith(".nauha", StringComparison.Ordinal)))
        {
            var content = files.GetValueOrDefault(step.Path) ?? [];
            if (step.Act == Act.SetLength) Array.Resize(ref content, (int)step.At);
            if (step is { Act: Act.Write or Act.Attempt, Bytes: { } bytes })
            {
                if (content.Length < step.At + bytes.Length) Array.Resize(ref content, (int)step.At + bytes.Length);
                bytes.CopyTo(content, step.At);
            }
            files[step.Path] = content;
            for (var at = 232; at + 12 <= content.Length && content[at] is 1 or 2;)
            {
                var (type, index, length) = (content[at], BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(at + 4)), BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(at + 8)));
                if (length is < 528 or > 65_552) break;
                var frame = content.AsSpan(at, Math.Min(12 + length + 4, content.Length - at));
                if (!seen.TryGetValue((step.Path, index, type), out var before)) seen[(step.Path, index, type)] = before = new byte[12 + length + 4];
                for (var i = 0; i < frame.Length; i++)
                {
                    if (frame[i] != 0 && before[i] != 0 && frame[i] != before[i]) twice.Add($"{Path.GetFileName(step.Path)} frame {index} type {type} byte {i}");
                    if (frame[i] != 0) before[i] = frame[i];
                }
                at += 12 + length + 4;
            }
        }
        return twice;
    }

    private static Box Prepare()
    {
        var box = new Box(3);
        using var vault = box.OpenVault();
        var ticket = vault.Start(new(1), Direction.Incoming);
        using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52, Source = "simulated" });
        for (var i = 0; i < Frames; i++) recording.Append(new(static _ => { }) { FirstSample = i * 4_000, Samples = 4_000, Length = 1_500 });
        vault.End(ticket, Ending.Recorded, recording.Close(), new RecordFacts());
        return box;
    }

    public static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    public void Dispose()
    {
        _identity.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}

/// <summary>What was logged as an error: what a technician is alarmed by.</summary>
internal sealed class Alarms : ILogger
{
    private readonly List<string> _errors = [];

    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors) return [.. _errors];
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel < LogLevel.Error) return;
        lock (_errors) _errors.Add(formatter(state, exception));
    }
}
