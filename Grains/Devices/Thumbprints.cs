using System.Buffers;

namespace Muster.Devices;

/// <summary>Certificate thumbprints: SHA-1 (40 hex digits) or SHA-256 (64), stored upper case; colons and spaces are ignored.</summary>
internal static class Thumbprints
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>Null and empty are none, and fine; false if the text is no thumbprint.</summary>
    internal static bool TryNormalise(string? text, out string? thumbprint)
    {
        thumbprint = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        var hex = text.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (hex.Length is not (40 or 64) || hex.AsSpan().ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        thumbprint = hex;
        return true;
    }
}
