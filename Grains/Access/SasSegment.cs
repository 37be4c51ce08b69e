using System.Globalization;

namespace Muster.Access;

/// <summary>Compares a segment of a token's decoded path with an id.</summary>
internal static class SasSegment
{
    /// <summary>
    /// True if the segment is the id, or the id percent-encoded: some SDKs encode ids inside <c>sr</c> before they encode <c>sr</c>, others do
    /// not. Only characters that need it may be encoded, so that no token for one plain id opens another.
    /// </summary>
    internal static bool Names(ReadOnlySpan<char> segment, ReadOnlySpan<char> id) => segment.SequenceEqual(id) || IsEncoded(segment, id);

    private static bool IsEncoded(ReadOnlySpan<char> segment, ReadOnlySpan<char> id)
    {
        foreach (var c in id)
        {
            if (segment is ['%', _, _, ..] && !char.IsAsciiLetterOrDigit(c)
                && int.TryParse(segment[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && code == c)
            {
                segment = segment[3..];
            }
            else if (c != '%' && segment.Length > 0 && segment[0] == c)
            {
                segment = segment[1..];
            }
            else
            {
                return false;
            }
        }

        return segment.IsEmpty;
    }
}
