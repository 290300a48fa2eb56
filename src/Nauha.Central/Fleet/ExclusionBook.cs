using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>A number that is never recorded, or all numbers that begin so.</summary>
/// <param name="Number">As somebody wrote it.</param>
/// <param name="Forms">Digits, in every form in which a line may show it.</param>
public sealed record ExcludedNumber(string Number, bool IsPrefix, IReadOnlyList<string> Forms);

/// <summary>The list of numbers that are never recorded: sealed in the database, opened to be shown to a person or sealed on to an appliance.</summary>
public sealed class ExclusionBook(Keystore keys, TimeProvider time)
{
    public const int Most = 250;

    private const string Own = "exclusions";
    private const int MostForms = 4;

    /// <returns>Version 0 where there never was a list.</returns>
    public async Task<(long Version, IReadOnlyList<ExcludedNumber> Numbers)> ReadAsync(CentralDb db, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        if (await db.Exclusions.OrderByDescending(e => e.Version).FirstOrDefaultAsync(cancel) is not { } row) return (0, []);
        if (keys.OpenOwn(Own, row.Sealed) is not { } plain) throw new CentralException("The list of numbers never recorded does not open: it was sealed by another keystore. Appliances keep the one they have.");
        var good = StrictJson.TryRead(plain, m => m.List("entries", Most, e => new ExcludedNumber(e.Text("number"), e.Flag("prefix"), e.Texts("forms", MostForms))), out var list, out var error);
        CryptographicOperations.ZeroMemory(plain);
        return good ? (row.Version, list!) : throw new CentralException($"The list of numbers never recorded {error}.");
    }

    /// <summary>Puts another list in its place, and an order for every appliance. Saved with whatever the caller saves.</summary>
    public async Task<long> WriteAsync(CentralDb db, IReadOnlyList<ExcludedNumber> numbers, string by, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(numbers);
        var before = await db.Exclusions.ToListAsync(cancel);
        var version = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), before.Select(e => e.Version + 1).DefaultIfEmpty(1).Max());
        var plain = StrictJson.Write(json =>
        {
            json.WriteStartArray("entries");
            foreach (var number in numbers)
            {
                json.WriteStartObject();
                json.WriteString("number", number.Number);
                json.WriteBoolean("prefix", number.IsPrefix);
                json.WriteStartArray("forms");
                foreach (var form in number.Forms) json.WriteStringValue(form);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        db.Exclusions.RemoveRange(before);
        db.Exclusions.Add(new() { Version = version, Sealed = keys.SealOwn(Own, plain), ChangedBy = by });
        CryptographicOperations.ZeroMemory(plain);
        return version;
    }

    /// <summary>The list for one appliance's session, as an order to it.</summary>
    /// <param name="key">That the appliance made for this session, 32 bytes.</param>
    public async Task<(long Version, Order Order)> SealAsync(CentralDb db, ApplianceId appliance, ReadOnlyMemory<byte> key, CancellationToken cancel)
    {
        var (version, numbers) = await ReadAsync(db, cancel);
        var list = new NumberList([.. numbers.Where(n => !n.IsPrefix).SelectMany(n => n.Forms).Distinct()], [.. numbers.Where(n => n.IsPrefix).SelectMany(n => n.Forms).Distinct()]);
        return (version, new Order.Exclude((ulong)version, list.Seal(key.Span, NumberList.Info(keys.Fleet, appliance, (ulong)version))));
    }
}
