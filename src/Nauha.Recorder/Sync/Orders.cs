using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>Judges what claims to be central's order, has the vault carry it out, and signs the answer. One object a session.</summary>
internal sealed class Orders(CallVault vault, ulong session)
{
    private ulong _last;

    /// <returns>The signed answer; null: it was not central's, or not for this session, or it came again. Then nothing was done.</returns>
    public byte[]? Take(byte[] envelope, out string why)
    {
        var identity = vault.Identity;
        if (!Envelope.TryOpen(envelope, PayloadTypes.Command, new TrustKeyring(identity.Trust), out var opened, out why) || !SignedOrder.TryParse(opened.Payload, out var command, out why)) return null;
        why = command.Fleet != identity.Fleet || command.Appliance != identity.Appliance ? "is for another appliance"
            : command.Session != session ? "is of another session"
            : command.Seq <= _last ? "came before"
            : command.ExpiresMs is { } until && vault.Now() is { UncertaintyMs: not BoxClock.Doubtful } now && now.UnixMs > until ? "is too old"
            : "";
        if (why.Length > 0) return null;
        _last = command.Seq;
        Answer answer;
        try
        {
            var refusal = vault.Obey(command.Order, envelope);
            answer = new(identity.Appliance, session, command.Id, refusal is null ? AnswerResult.Done : AnswerResult.Refused, refusal);
        }
        catch (Exception e) when (e is VaultException or IOException or UnauthorizedAccessException)
        {
            answer = new(identity.Appliance, session, command.Id, AnswerResult.Failed, "the storage refused it");
        }
        return Envelope.Seal(PayloadTypes.Answer, answer.ToPayload(), identity.Signer);
    }
}
