using System.Buffers;
using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Protocol;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>
/// Carries records and recordings to central until a signed receipt comes back. What is to be sent follows from the vault
/// alone: a restart, here or there, forgets nothing and doubles nothing. Recording never waits for it.
/// </summary>
public sealed partial class SyncService(CallVault vault, string data, TimeProvider time, ILogger<SyncService> log, Func<(int Lines, int StoragePercent)>? box = null, OrderHands? hands = null) : BackgroundService
{
    private const int Window = 16;
    private const int PartsWindow = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);

    private readonly HashSet<ulong> _badRecords = [];     // on places of the medium that cannot be read
    private readonly HashSet<CallId> _badFiles = [];
    private readonly ConcurrentDictionary<CallId, long> _held = new();
    private readonly Dictionary<CallId, (long Held, DateTimeOffset Until)> _asked = [];
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly HistoryWatch _history = new(data, vault.Identity);
    private readonly ConcurrentQueue<byte[]> _answers = new();
    private (byte[] Nonce, long At) _asking = ([], 0);
    private long _sent;
    private volatile bool _isBorn;   // central has answered this session's birth
    private bool _isStranger;   // who answered at central's address is not central

    /// <summary>What else the box says of itself: swap (its memory may be written to a disk), supply (the voltage was too low).</summary>
    public Func<IEnumerable<string>>? OfTheBox { get; init; }

    public SyncState State { get; private set; } = new() { Trouble = "network" };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        vault.Changed += Ring;
        var backOff = TimeSpan.FromSeconds(1);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await ConnectAndSendAsync(stoppingToken).ConfigureAwait(false)) backOff = TimeSpan.FromSeconds(1);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is MQTTnet.Exceptions.MqttCommunicationException or IOException or AuthenticationException or OperationCanceledException or VaultException or InvalidOperationException or CryptographicException)
            {
                NotConnected(e.Message);
                State = State with { Trouble = _isStranger ? "certificate" : State.Trouble is "revoked" ? "revoked" : "network" };
            }
            State = State with { Connected = false, Sending = false };
            await Task.Delay(backOff * (0.75 + (RandomNumberGenerator.GetInt32(50) / 100.0)), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backOff = TimeSpan.FromSeconds(Math.Min(backOff.TotalSeconds * 2, LongestBackOff.TotalSeconds));
        }
        vault.Changed -= Ring;
    }

    private void Ring()
    {
        try
        {
            if (_news.CurrentCount == 0) _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // somebody else rang at the same moment: one ring is enough
        }
    }

    private async Task<bool> ConnectAndSendAsync(CancellationToken stop)
    {
        var identity = vault.Identity;
        var session = Session.Next(data);
        _isStranger = false;
        using var client = new MqttClientFactory().CreateMqttClient();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        client.DisconnectedAsync += async e =>
        {
            if (e.ReasonString is { Length: > 0 } || e.Reason == MqttClientDisconnectReason.NotAuthorized) State = State with { Trouble = e.Reason == MqttClientDisconnectReason.NotAuthorized ? "revoked" : State.Trouble };
            await gone.CancelAsync().ConfigureAwait(false);
        };
        using var orders = new Orders(vault, session, hands);
        client.ApplicationMessageReceivedAsync += message => HearAsync(message.ApplicationMessage, orders);
        _held.Clear();
        _asked.Clear();
        using var certificate = identity.TlsCertificate();
        var will = new ApplianceStatus(session, false, vault.Now().UnixMs, 0, 0, 0, 0, 0, []).ToJson();
        var options = BrokerOptions.For(identity, certificate, Patience, (shown, errors) => !(_isStranger = !BrokerOptions.IsCentral(vault, shown, errors)))
            .WithWillTopic(Topics.Of(identity.Appliance, TopicKind.Status)).WithWillPayload(will).WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .Build();
        var connected = await client.ConnectAsync(options, stop).ConfigureAwait(false);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
        {
            State = State with { Trouble = connected.ResultCode == MqttClientConnectResultCode.Banned ? "revoked" : "certificate" };
            Refused(connected.ResultCode);
            return false;
        }
        State = State with { Connected = true, Trouble = null, LastContact = time.GetUtcNow() };
        await client.SubscribeAsync(Topics.AllDown(identity.Appliance), MqttQualityOfServiceLevel.AtLeastOnce, gone.Token).ConfigureAwait(false);
        _isBorn = false;
        await SendAsync(client, session, gone.Token).ConfigureAwait(false);
        return true;
    }

    private Task BirthAsync(IMqttClient client, ulong session, CancellationToken gone)
    {
        var identity = vault.Identity;
        var birth = new Birth(identity.Appliance, session, Version, vault.Simulated, vault.Read(i => i.StoreEpoch), vault.Keys.Bundle.Version, identity.Trust.Version, vault.Read(i => i.LastSeq), RandomNumberGenerator.GetBytes(16));
        _asking = (birth.Nonce, time.GetTimestamp());
        return PublishAsync(client, TopicKind.Birth, birth.ToJson(), gone);
    }

    private async Task SendAsync(IMqttClient client, ulong session, CancellationToken gone)
    {
        var published = new HashSet<ulong>();
        DateTimeOffset lastBirth = default, lastProgress = default, lastStatus = default, firstSince = time.GetUtcNow();
        ulong first = 0;
        while (!gone.IsCancellationRequested)
        {
            var now = time.GetUtcNow();
            // Said until it is answered: where only the broker was there to hear it, central would take this session for the one before.
            if (!_isBorn && now - lastBirth >= Patience)
            {
                lastBirth = now;
                await BirthAsync(client, session, gone).ConfigureAwait(false);
            }
            if (now - lastProgress >= ProgressEvery)
            {
                lastProgress = now;
                foreach (var (call, frames, bytes, hash) in vault.InProgress()) await PublishAsync(client, TopicKind.Progress, new Progress(session, call, frames, bytes, hash).ToJson(), gone).ConfigureAwait(false);
            }
            if (now - lastStatus >= ProgressEvery * 3)
            {
                lastStatus = now;
                await PublishAsync(client, TopicKind.Status, new ApplianceStatus(session, true, vault.Now().UnixMs, box?.Invoke().Lines ?? 0, vault.InProgress().Count, State.Backlog, box?.Invoke().StoragePercent ?? 0, vault.Read(i => i.LastSeq), Notices()).ToJson(), gone).ConfigureAwait(false);
            }
            while (_answers.TryDequeue(out var answer)) await PublishAsync(client, TopicKind.Answer, answer, gone).ConfigureAwait(false);
            var records = vault.Read(index => index.UnsentRecords().Where(r => !_badRecords.Contains(r.Seq)).Take(Window).ToList());
            published.RemoveWhere(seq => records.Count == 0 || seq < records[0].Seq);
            foreach (var record in records.Where(r => published.Add(r.Seq)))
                if (EnvelopeOf(record) is { } envelope) await PublishAsync(client, TopicKind.Record, envelope, gone).ConfigureAwait(false);
            var waits = await SendPartsAsync(client, gone).ConfigureAwait(false);
            await _news.WaitAsync(waits ? TimeSpan.FromSeconds(1) : TimeSpan.Zero, gone).ConfigureAwait(false);
            // Records that were published and not receipted within our patience are published again.
            if (records.Count == 0 || records[0].Seq != first) (first, firstSince) = (records.Count == 0 ? 0 : records[0].Seq, time.GetUtcNow());
            else if (time.GetUtcNow() - firstSince > Patience)
            {
                published.Clear();
                firstSince = time.GetUtcNow();
            }
        }
    }

    // What lies on a place of the medium that cannot be read is passed by, and said once: the rest goes on.
    private byte[]? EnvelopeOf(JournalEntry record)
    {
        try
        {
            return record.Envelope;
        }
        catch (Exception e) when (IsGone(e))
        {
            return null;
        }
        catch (IOException e)
        {
            if (_badRecords.Add(record.Seq)) Unreadable(e, $"record {record.Seq}");
            return null;
        }
    }

    // Freed since it was looked for, or its whole day: law 9.
    private static bool IsGone(Exception e) => e is FileNotFoundException or DirectoryNotFoundException;

    // Up to four recordings at once, each from where central says it stands, one part under way each: one that gets no
    // answer holds up no other, and no record. True: there is nothing to do until somebody answers.
    private async Task<bool> SendPartsAsync(IMqttClient client, CancellationToken gone)
    {
        var (offered, backlog) = vault.Read(index =>
        {
            // A copy that went after a receipt which a restore of central has voided cannot be offered again.
            var unsent = index.UnsentRecordings().Where(c => !c.WasReceipted || vault.FileOf(c) is not null).ToList();
            var unsaid = index.UnsentRecords().Select(r => r.Call).ToHashSet();
            // What central has judged (held, refused) is not offered again; it stays here until somebody has looked.
            return (unsent.Where(c => c.Result is null && !unsaid.Contains(c.Call) && !_badFiles.Contains(c.Call)).Take(PartsWindow).ToList(), unsent.Count);
        });
        State = State with { Backlog = backlog, Sending = offered.Count > 0 };
        var sent = false;
        foreach (var call in offered)
        {
            if (vault.FileOf(call) is not { } path) continue;
            var held = _held.GetValueOrDefault(call.Call);
            var now = time.GetUtcNow();
            if (_asked.TryGetValue(call.Call, out var asked) && asked.Held == held && now < asked.Until) continue;
            _asked[call.Call] = (held, now + Patience);
            sent |= await SendPartAsync(client, call, path, held, gone).ConfigureAwait(false);
        }
        return !sent;
    }

    private async Task<bool> SendPartAsync(IMqttClient client, JournalCall call, string path, long held, CancellationToken gone)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Part.Longest);
        try
        {
            long offset, whole;
            int length;
            try
            {
                using var file = vault.Look(path);
                // Held whole but without receipt: the last byte once more asks for it.
                file.Position = Math.Min(held, Math.Max(0, file.Length - 1));
                (offset, whole) = (file.Position, file.Length);
                length = file.ReadAtLeast(buffer.AsSpan(0, Part.Longest), Part.Longest, throwOnEndOfStream: false);
            }
            catch (Exception e) when (IsGone(e))
            {
                return false;
            }
            catch (IOException e)
            {
                if (_badFiles.Add(call.Call)) Unreadable(e, $"the recording of call {call.CallNumber} of line {call.Line.Number}");
                return false;
            }
            await PublishAsync(client, TopicKind.Part, new Part(call.Call, offset, whole, buffer.AsMemory(0, length)).ToBytes(), gone).ConfigureAwait(false);
            _sent += length;
            State = State with { SentBytes = _sent };
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task PublishAsync(IMqttClient client, TopicKind kind, byte[] payload, CancellationToken cancel)
    {
        var appliance = ApplianceId.Parse(client.Options.ClientId);
        var result = await client.PublishBinaryAsync(Topics.Of(appliance, kind), payload, MqttQualityOfServiceLevel.AtLeastOnce, false, cancel).ConfigureAwait(false);
        // 0x10: the broker took it, and nobody was there. It is not delivered; the receipt that does not come brings it back.
        if (result.ReasonCode is not (MqttClientPublishReasonCode.Success or MqttClientPublishReasonCode.NoMatchingSubscribers)) throw new IOException($"the broker refused a {kind}: {result.ReasonCode}");
    }

    private Task HearAsync(MqttApplicationMessage message, Orders orders)
    {
        if (!Topics.TryParse(message.Topic, out var appliance, out var kind) || appliance != vault.Identity.Appliance) return Task.CompletedTask;
        State = State with { LastContact = time.GetUtcNow() };
        var payload = message.Payload.ToArray();
        switch (kind)
        {
            case TopicKind.Have when Have.TryParse(payload, out var have, out _):
                foreach (var held in have.Holds) _held[held.Call] = held.Bytes;
                Follow(have.Checkpoint);
                Spoken();
                break;
            case TopicKind.Receipt:
                try
                {
                    Receipt(payload);
                }
                catch (VaultException e)
                {
                    NotKept(e);   // not written, so not counted: central gives the same receipt again
                }
                break;
            case TopicKind.Document:
                Document(payload);
                break;
            case TopicKind.Time:
                Time(payload);
                break;
            case TopicKind.Command:
                if (orders.Take(payload, out var why) is { } answer) _answers.Enqueue(answer);
                else Disbelieve("command", why);
                break;
            default:
                break;
        }
        Ring();
        return Task.CompletedTask;
    }

    // The answer to a birth ends with this: what central knows of our chain has been said before it.
    private void Spoken()
    {
        try
        {
            vault.SayBlind();
        }
        catch (VaultException e)
        {
            NotKept(e);   // tried again by the heartbeat, and before the next call
        }
    }

    private void Receipt(byte[] envelope)
    {
        if (Format.Receipt.Open(envelope, new TrustKeyring(vault.Identity.Trust), vault.Identity.Fleet, vault.Identity.Appliance, out var receipt, out var error) != DocumentFault.None || receipt is null)
        {
            Disbelieve("receipt", error);
            return;
        }
        vault.Receipted(receipt, envelope);
        Follow(receipt.Checkpoint);
        State = State with { LastReceipt = time.GetUtcNow() };
        if (receipt.Result is ReceiptResult.Held or ReceiptResult.Refused) NotTaken(receipt.Result);
    }

    private void Document(byte[] envelope)
    {
        var now = vault.Now();
        var error = vault.Keys.Take(envelope, vault.Clock.SteadyMs, now.UncertaintyMs == BoxClock.Doubtful && !vault.Clock.IsDisputed ? null : now.UnixMs);
        if (error?.StartsWith("is of type", StringComparison.Ordinal) == true) error = vault.Identity.TakeTrust(envelope);
        if (error is not null) Disbelieve("document", error);
    }

    private void Time(byte[] envelope)
    {
        var (nonce, at) = _asking;
        if (CentralTime.Open(envelope, new TrustKeyring(vault.Identity.Trust), out var told, out var error) != DocumentFault.None || told is null || !CryptographicOperations.FixedTimeEquals(told.Nonce, nonce))
        {
            Disbelieve("time", error);
            return;
        }
        _isBorn = true;
        if (time.GetElapsedTime(at) < CentralTime.LongestRoundTrip) vault.Confirm(told.NowMs);
    }

    // Central's own history, as it signed it: shorter than before, or another, is an alarm that stays.
    private void Follow(string? checkpoint)
    {
        if (checkpoint is null) return;
        var before = _history.IsBroken;
        if (!_history.Take(checkpoint, vault.Identity) && !before) Disbelieve("checkpoint", _history.IsBroken ? "central's audit log is shorter than it was, or another" : "it is not central's");
        State = State with { HistoryBroken = _history.IsBroken };
    }

    private List<string> Notices()
    {
        var notices = new List<string>();
        if (_history.IsBroken) notices.Add("history");
        var now = vault.Now();
        if (now.UncertaintyMs == BoxClock.Doubtful) notices.Add("clock");
        // A clock that is not sure of the day says nothing of how many are left.
        var left = now.UncertaintyMs == BoxClock.Doubtful ? int.MaxValue : vault.Keys.HorizonDays(now.UnixMs);
        if (left < DayKeys.AlarmDays) notices.Add("day-keys-alarm");
        else if (left < DayKeys.WarningDays) notices.Add("day-keys");
        if (vault.FlashLevel is not FlashLevel.Good and var flash) notices.Add(flash switch { FlashLevel.Full => "flash-full", FlashLevel.VeryHigh => "flash-alarm", _ => "flash" });
        notices.AddRange(OfTheBox?.Invoke() ?? []);
        return notices;
    }

    private void Disbelieve(string what, string why)
    {
        State = State with { Disbelieved = State.Disbelieved + 1 };
        Disbelieved(what, why);
    }

    internal static string Version { get; } = typeof(SyncService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    [LoggerMessage(EventId = 7001, Level = LogLevel.Warning, Message = "No connection to central: {Why}")]
    private partial void NotConnected(string why);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Error, Message = "Central refused this box: {Code}")]
    private partial void Refused(MqttClientConnectResultCode code);

    [LoggerMessage(EventId = 7003, Level = LogLevel.Error, Message = "A {What} was not believed: {Why}")]
    private partial void Disbelieved(string what, string why);

    [LoggerMessage(EventId = 7005, Level = LogLevel.Error, Message = "The journal did not take it")]
    private partial void NotKept(Exception reason);

    [LoggerMessage(EventId = 7006, Level = LogLevel.Error, Message = "{What} cannot be read and is not sent; a start of the recorder tries again. Is the storage failing? nauha-recorder check names all that cannot be read")]
    private partial void Unreadable(Exception reason, string what);

    [LoggerMessage(EventId = 7004, Level = LogLevel.Error, Message = "Central answered {Result}: the recording stays on this box")]
    private partial void NotTaken(ReceiptResult result);
}

/// <summary>Counts connections over restarts and power cuts: a will of an older one must never pass for a newer one's.</summary>
internal static class Session
{
    public static ulong Next(string data)
    {
        var path = Path.Combine(data, "session");
        var last = File.Exists(path) && ulong.TryParse(File.ReadAllText(path), out var value) ? value : 0;
        Disk.Replace(path, System.Text.Encoding.ASCII.GetBytes((last + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return last + 1;
    }
}
