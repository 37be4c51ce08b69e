using System.Security.Cryptography;

namespace Muster.Access;

/// <summary>
/// Marks the tokens of principals as made by this hub, by a key that every silo knows: what was made up elsewhere is refused by whichever silo is asked, and never
/// comes to the one grain that knows whose a token is. Thread-safe.
/// </summary>
internal sealed class PrincipalSeal(IKeyDerivation keys)
{
    internal const int Bytes = 8;

    private readonly byte[] key = keys.Derive("principal-token");

    internal byte[] Of(ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret) => HMACSHA256.HashData(key, (byte[])[.. name, .. secret])[..Bytes];

    internal bool Holds(ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> seal) => CryptographicOperations.FixedTimeEquals(Of(name, secret), seal);
}
