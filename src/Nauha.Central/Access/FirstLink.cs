using System.Security.Cryptography;
using System.Text;

namespace Nauha.Central.Access;

/// <summary>The link that makes the first account: good until used, for as long as this server runs. There is no default password.</summary>
public sealed class FirstLink : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly string _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
    private bool _spent;

    public string Token => _spent ? "" : _token;

    /// <summary>Checks, acts and spends as one: of two who come at once, one is too late. The link is spent only by what succeeds.</summary>
    public async Task<Refusal?> UseAsync(string? token, Func<Task<Refusal?>> act)
    {
        ArgumentNullException.ThrowIfNull(act);
        await _one.WaitAsync();
        try
        {
            if (_spent || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(_token), Encoding.UTF8.GetBytes(token ?? ""))) return Refusal.LinkSpent;
            var refusal = await act();
            _spent = refusal is null;
            return refusal;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
