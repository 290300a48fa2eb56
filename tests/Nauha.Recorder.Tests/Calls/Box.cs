using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>A box with the identity that an enrolment would have left, and central's keys in the test's hand.</summary>
internal sealed class Box : IDisposable
{
    private readonly CentralSigner _root = CentralSigner.Create();

    /// <param name="broker">The broker that this box believes in; null: none.</param>
    public Box(int days = 90, SpyBroker? broker = null)
    {
        Data = Directory.CreateTempSubdirectory("nauha-box-").FullName;
        Fleet = FleetId.From(new byte[10]);
        Appliance = ApplianceId.From([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        var today = RetentionPeriod.DayOf(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RetentionPeriod.Zone).AddDays(-1);
        var entries = Enumerable.Range(0, days).Select(i =>
        {
            var secret = DaySecret.Create();
            Secrets[secret.Id] = secret;
            return DayKeyEntry.For(today.AddDays(i), secret.PublicKey);
        }).ToList();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Trust = new(Fleet, 1, [_root.PublicKey], 1, new Dictionary<string, IReadOnlyList<TrustedKey>>
        {
            ["daykeys"] = [new(DayKeySigner.Id, DayKeySigner.PublicKey, 0, long.MaxValue, true)],
            ["commands"] = [new(Commands.Id, Commands.PublicKey, 0, long.MaxValue, true)],
            ["receipts"] = [new(Receipts.Id, Receipts.PublicKey, 0, long.MaxValue, true)],
        }, broker is null ? [] : [broker.Authority.RawData]);
        var bundle = Envelope.Seal(PayloadTypes.DayKeys, new DayKeyBundle(Fleet, 1, now - 1_000, entries).ToPayload(), DayKeySigner);
        BoxIdentity.Save(Data, new(Fleet, Appliance, Envelope.Seal(PayloadTypes.Trust, Trust.ToPayload(), _root), bundle, "localhost", broker?.Port ?? 8883, now - 1_000), Signer.ExportPem(), "", broker?.ClientKey ?? "", broker?.ClientCertificate ?? "");
        Identity = BoxIdentity.Load(Data);
    }

    public string Data { get; }

    public FleetId Fleet { get; }

    public ApplianceId Appliance { get; }

    public ApplianceSigner Signer { get; } = ApplianceSigner.Create();

    public CentralSigner Receipts { get; } = CentralSigner.Create();

    public CentralSigner Commands { get; } = CentralSigner.Create();

    public CentralSigner DayKeySigner { get; } = CentralSigner.Create();

    public TrustDocument Trust { get; }

    public BoxIdentity Identity { get; }

    public Dictionary<KeyId, DaySecret> Secrets { get; } = [];

    /// <summary>How much room the vault believes there is; null: what there is.</summary>
    public FlashRoom? Room { get; init; }

    /// <summary>Keeps what the line teaches in the data folder, as the program does.</summary>
    public bool Learns { get; init; }

    /// <summary>Numbers that are never recorded.</summary>
    public ExclusionList? Excluded { get; init; }

    /// <summary>Who is signed in.</summary>
    public AgentDesk? Desk { get; init; }

    /// <summary>Codes by which one signs in by telephone.</summary>
    public SignInOptions? SignIn { get; init; }

    /// <summary>What is dialled to get an outside line.</summary>
    public string? Outside { get; init; }

    /// <summary>The agent's code for masking.</summary>
    public string? MaskCode { get; init; }

    /// <summary>Before each block: somebody presses something.</summary>
    public Action<LineConductor, ExchangeLine>? EachBlock { get; init; }

    /// <summary>The exchange keeps each voice by itself.</summary>
    public bool KeepsStems { get; init; }

    /// <summary>What network or PBX say; the box itself cannot speak then.</summary>
    public Announcement? Known { get; init; }

    /// <summary>The port's progress tones; null: learned.</summary>
    public Nauha.Telephony.ToneSet? Tones { get; init; }

    public LineSettings Settings(LineProfile? profile = null) => new(profile ?? LineProfile.Ata, Known ?? Announcement.Bundled(["fi", "sv"]), -17, Agent, LineSettings.EmergencyNumbers) { WaitsForRoom = true, Listens = Known is not null, Tones = Tones, Excluded = Excluded, Desk = Desk, Outside = Outside, SignIn = SignIn, LongestMask = TimeSpan.FromSeconds(10), MaskCode = MaskCode, Known = Learns ? LearnedLine.Load(Data, 1) : null, Learned = Learns ? learned => learned.Save(Data) : null };

    private static AgentId Agent => AgentId.TryParse("desk-1", out var agent) ? agent : throw new InvalidOperationException();

    public CallVault OpenVault() => CallVault.Open(Data, Identity, simulated: true, TimeProvider.System, NullLogger.Instance);

    /// <summary>Lets the calls happen on one line as fast as the machine can, and gives what the journal says of them.</summary>
    public async Task<(List<Account> Calls, ExchangeLine Line)> RunAsync(PortProfile? port = null, double? until = null, LineProfile? profile = null, params CallScript[] calls)
    {
        using var vault = OpenVault();
        if (Room is not null) vault.Room = Room;
        var exchange = new ExchangeLine(port ?? PortProfile.Ata, calls, seed: 7) { KeepsEars = true, Stems = KeepsStems ? new() : null };
        var line = new SimulatedLine(new(1), port ?? PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0), injects: Known is null);
        LineConductor? there = null;
        using var conductor = new LineConductor(new Ending(line, until, () => EachBlock?.Invoke(there!, exchange)), Settings(profile), vault, NullLogger.Instance);
        there = conductor;
        await conductor.RunAsync(CancellationToken.None);
        return (Accounts(vault), exchange);
    }

    public List<Account> Accounts(CallVault vault) => vault.Read(index => index.Calls.OrderBy(c => c.CallNumber).Select(call =>
    {
        var facts = index.Records.Where(r => r.Call == call.Call).Select(r => Open(r.Record)).ToList();
        return new Account(call, facts[^1], facts, vault.FileOf(call));
    }).ToList());

    public RecordFacts Open(CallRecord record) =>
        Hpke.Open(Secrets[record.DayKid], RecordFacts.Info(record), record.Sealed) is { } plain && RecordFacts.TryParse(plain, out var facts, out _) ? facts! : throw new InvalidOperationException("a record does not open");

    /// <summary>The events of the final frame of what was listened to last.</summary>
    public IReadOnlyList<SealedEvent> Ended { get; private set; } = [];

    /// <summary>The samples of a sealed file on the line's own time, silence where nothing was kept; and where they begin.</summary>
    public (short[] Samples, long First, List<OpenedFrame> Frames) Listen(string path)
    {
        using var file = File.OpenRead(path);
        SealedFile.ReadHead(file, out var header, out var info, out var wrap);
        file.Position = 0;
        var frames = new List<OpenedFrame>();
        var (fault, stream) = SealedFile.Open(file, Hpke.Open(Secrets[header!.DayKid], info, wrap)!, frames.Add, events => Ended = events);
        if (fault != FileFault.None) throw new InvalidOperationException(fault.Sentence());
        using var decoder = new Nauha.Audio.StretchDecoder(stream!.PreSkip, stream.PacketBytes);
        var first = (long)frames[0].FirstSample;
        var samples = new List<short>();
        foreach (var frame in frames)
        {
            if ((long)frame.FirstSample - first - samples.Count is var gap and > 0 && (long)frame.FirstSample > first + samples.Count + 160) samples.AddRange(new short[gap]);
            samples.AddRange(decoder.Decode(frame.Audio, (int)frame.Samples));
        }
        return ([.. samples], first, frames);
    }

    /// <summary>What a sealed file says of its sound, and of when it began.</summary>
    public (SealedHeader Header, StreamInfo Stream) Describe(string path)
    {
        using var file = File.OpenRead(path);
        SealedFile.ReadHead(file, out var header, out var info, out var wrap);
        file.Position = 0;
        return (header!, SealedFile.Open(file, Hpke.Open(Secrets[header!.DayKid], info, wrap)!, _ => { }, _ => { }).Stream!);
    }

    public void Dispose()
    {
        Identity.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    /// <summary>Ends the source a little after the last call, or at a given second.</summary>
    private sealed class Ending(SimulatedLine line, double? until, Action each) : Nauha.Recorder.Ports.ILineSource
    {
        private int _idle;

        public LineId Line => line.Line;

        public Nauha.Recorder.Ports.HookSource HookSource => line.HookSource;

        public Nauha.Recorder.Ports.LineSides Sides => line.Sides;

        public double DbvAtFullScale => line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => line.InjectionDbvAtFullScale;

        public string Profile => line.Profile;

        public bool Simulated => true;

        public bool CanInject => line.CanInject;

        public int InjectionPending => line.InjectionPending;

        public ValueTask<bool> ReadAsync(Nauha.Recorder.Ports.SampleBlock block, CancellationToken cancel)
        {
            each();
            _idle = line.Exchange.IsOver ? _idle + 1 : 0;
            if (_idle > 500 || (until is { } end && line.Exchange.Now > end * 8_000)) return ValueTask.FromResult(false);
            return line.ReadAsync(block, cancel);
        }

        public int Inject(ReadOnlySpan<short> samples) => line.Inject(samples);

        public void StopInjection() => line.StopInjection();

        public bool LeavesPhoneOn
        {
            get => line.LeavesPhoneOn;
            set => line.LeavesPhoneOn = value;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <param name="Facts">As the last record of the call holds them.</param>
internal sealed record Account(JournalCall Call, RecordFacts Facts, List<RecordFacts> AllFacts, string? File);
