using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>What of an order is not the vault's to carry out.</summary>
/// <param name="Excluded">Numbers that are never recorded; null: this box keeps no such list.</param>
/// <param name="Badges">Whose badge is whose; null: this box keeps no roster.</param>
/// <param name="Mask">Masks a line for seconds; false: there is no such line.</param>
public sealed record OrderHands(ExclusionList? Excluded, BadgeBook? Badges, Func<LineId, int, bool>? Mask);

/// <summary>Judges what claims to be central's order, has it carried out, and signs the answer. One object a session.</summary>
internal sealed class Orders(CallVault vault, ulong session, OrderHands? hands = null) : IDisposable
{
    private ulong _last;
    private DaySecret? _listKey;   // of this session alone, and never on a disk: what was sealed to it is noise afterwards

    /// <returns>The signed answer; null: it was not central's, or not for this session, or it came again. Then nothing was done.</returns>
    public byte[]? Take(byte[] envelope, out string why)
    {
        var identity = vault.Identity;
        if (SignedOrder.Open(envelope, new TrustKeyring(identity.Trust), identity.Fleet, identity.Appliance, out var command, out why) != DocumentFault.None || command is null) return null;
        why = command.Session != session ? "is of another session"
            : command.Seq <= _last ? "came before"
            : command.ExpiresMs is { } until && vault.Now() is { UncertaintyMs: not BoxClock.Doubtful } now && now.UnixMs > until ? "is too old"
            : "";
        if (why.Length > 0) return null;
        _last = command.Seq;
        Answer answer;
        try
        {
            answer = command.Order is Order.ListKey
                ? new(identity.Appliance, session, command.Id, AnswerResult.Done, Convert.ToBase64String((_listKey ??= DaySecret.Create()).PublicKey))
                : Refusal(command.Order, envelope) is { } refusal ? new(identity.Appliance, session, command.Id, AnswerResult.Refused, refusal) : new(identity.Appliance, session, command.Id, AnswerResult.Done, null);
        }
        catch (Exception e) when (e is VaultException or IOException or UnauthorizedAccessException)
        {
            answer = new(identity.Appliance, session, command.Id, AnswerResult.Failed, "the storage refused it");
        }
        return Envelope.Seal(PayloadTypes.Answer, answer.ToPayload(), identity.Signer);
    }

    private string? Refusal(Order order, byte[] envelope) => order switch
    {
        Order.Exclude list => Exclude(list),
        Order.Roster roster => Roster(roster),
        Order.Mask mask => hands?.Mask?.Invoke(mask.Line, mask.Seconds) == true ? null : "there is no such line",
        _ => vault.Obey(order, envelope),
    };

    private string? Exclude(Order.Exclude order)
    {
        if (hands?.Excluded is not { } excluded) return "this box keeps no list";
        if (_listKey is not { } key) return "no key was asked for in this session";
        return NumberList.TryOpen(key, NumberList.Info(vault.Identity.Fleet, vault.Identity.Appliance, order.Version), order.Sealed, out var list, out var why) ? excluded.Take(order.Version, list) : why;
    }

    private string? Roster(Order.Roster order)
    {
        if (hands?.Badges is not { } badges) return "this box keeps no roster";
        if (_listKey is not { } key) return "no key was asked for in this session";
        return BadgeList.TryOpen(key, BadgeList.Info(vault.Identity.Fleet, vault.Identity.Appliance, order.Version), order.Sealed, out var list, out var why) ? badges.Take(order.Version, list) : why;
    }

    public void Dispose() => _listKey?.Dispose();
}
