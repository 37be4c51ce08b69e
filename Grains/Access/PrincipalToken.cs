using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Access;

/// <summary>
/// The token of a principal: <c>muster_NAME.SECRET</c>, in base64url the name, and 32 random bytes with a <see cref="PrincipalSeal"/> behind them. So many random
/// bytes cannot be guessed from their hash, however fast it is made; a password's could.
/// </summary>
internal static class PrincipalToken
{
    /// <summary>By which people and scanners know a token that got where it should not be.</summary>
    internal const string Prefix = "muster_";

    private const int SecretBytes = 32;
    private const int SaltBytes = 16;
    private const int MaxLength = 256;

    private static readonly int SecretLength = Base64Url.GetEncodedLength(SecretBytes + PrincipalSeal.Bytes);

    /// <summary>A token, and what is kept of it.</summary>
    internal static (string Token, ImmutableArray<byte> Salt, ImmutableArray<byte> Hash) Make(string name, PrincipalSeal seal)
    {
        var owner = Encoding.UTF8.GetBytes(name);
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var token = $"{Prefix}{Base64Url.EncodeToString(owner)}.{Base64Url.EncodeToString([.. secret, .. seal.Of(owner, secret)])}";
        var made = (token, ImmutableArray.Create(salt), ImmutableArray.Create(HashOf(salt, secret)));
        CryptographicOperations.ZeroMemory(secret);
        return made;
    }

    /// <summary>False for a text of another form; a true answer proves nothing.</summary>
    internal static bool TryParse(string? token, out string name, out byte[] secret)
    {
        (name, secret) = ("", []);
        if (Read(token) is not ({ } owner, { } rest))
        {
            return false;
        }

        (name, secret) = (Encoding.UTF8.GetString(owner), rest[..SecretBytes]);
        return true;
    }

    /// <summary>Whether this hub made it once; not whether it still is anybody's.</summary>
    internal static bool IsSealed(string token, PrincipalSeal seal) =>
        Read(token) is ({ } owner, { } rest) && seal.Holds(owner, rest.AsSpan(0, SecretBytes), rest.AsSpan(SecretBytes));

    private static (byte[] Name, byte[] Secret)? Read(string? token)
    {
        if (token is null || token.Length > MaxLength || !token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = token.AsSpan(Prefix.Length);
        var dot = rest.IndexOf('.');
        return dot > 0 && rest.Length - dot - 1 == SecretLength && Decode(rest[..dot]) is { } name
            && Decode(rest[(dot + 1)..]) is { Length: SecretBytes + PrincipalSeal.Bytes } secret ? (name, secret) : null;
    }

    /// <summary>Whether the secret is that of the principal; compared in constant time.</summary>
    internal static bool Opens(StoredPrincipal principal, ReadOnlySpan<byte> secret) =>
        CryptographicOperations.FixedTimeEquals(HashOf(principal.Salt.AsSpan(), secret), principal.Hash.AsSpan());

    private static byte[] HashOf(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> secret) => SHA256.HashData([.. salt, .. secret]);

    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var length) == OperationStatus.Done ? bytes[..length].ToArray() : null;
    }
}
