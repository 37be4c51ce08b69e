using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Muster.Access;

namespace Muster.Devices;

/// <summary>The two keys of an identity, decoded.</summary>
internal sealed class SymmetricKeys
{
    internal const int MinKeyBytes = 16;
    internal const int MaxKeyBytes = 64;
    private const int GeneratedKeyBytes = 32;
    private readonly byte[] primary;
    private readonly byte[] secondary;

    private SymmetricKeys(byte[] primary, byte[] secondary)
    {
        this.primary = primary;
        this.secondary = secondary;
    }

    internal ReadOnlySpan<byte> Primary => primary;

    internal ReadOnlySpan<byte> Secondary => secondary;

    internal static SymmetricKeys Generate() =>
        new(RandomNumberGenerator.GetBytes(GeneratedKeyBytes), RandomNumberGenerator.GetBytes(GeneratedKeyBytes));

    /// <summary>False unless both are base64 of 16 to 64 bytes.</summary>
    internal static bool TryParse(string primary, string secondary, [NotNullWhen(true)] out SymmetricKeys? keys)
    {
        keys = Decode(primary) is { } first && Decode(secondary) is { } second ? new SymmetricKeys(first, second) : null;
        return keys is not null;
    }

    internal static SymmetricKeys? Unprotect(byte[]? stored, ISecretProtector secrets)
    {
        if (stored is null)
        {
            return null;
        }

        var clear = secrets.Unprotect(stored);
        return new SymmetricKeys(clear[1..(1 + clear[0])], clear[(1 + clear[0])..]);
    }

    /// <summary>As it is stored: length of the first, the first, the second, encrypted.</summary>
    internal byte[] Protect(ISecretProtector secrets)
    {
        Span<byte> clear = stackalloc byte[1 + primary.Length + secondary.Length];
        clear[0] = (byte)primary.Length;
        primary.CopyTo(clear[1..]);
        secondary.CopyTo(clear[(1 + primary.Length)..]);
        var stored = secrets.Protect(clear);
        CryptographicOperations.ZeroMemory(clear);
        return stored;
    }

    /// <summary>True if one of these keys is not among <paramref name="others"/>: what it opened must be closed.</summary>
    internal bool HasKeyMissingFrom(SymmetricKeys? others) =>
        others is null || !others.Has(primary) || !others.Has(secondary);

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[MaxKeyBytes];
        return base64.Length <= 128 && Convert.TryFromBase64String(base64, bytes, out var length) && length is >= MinKeyBytes and <= MaxKeyBytes
            ? bytes[..length]
            : null;
    }

    private bool Has(ReadOnlySpan<byte> key) =>
        CryptographicOperations.FixedTimeEquals(key, primary) || CryptographicOperations.FixedTimeEquals(key, secondary);
}
