using System.Globalization;

namespace Muster.Updates;

/// <summary>
/// Orders versions as Semantic Versioning 2.0 section 11 does, and any other text somehow: parts between dots are compared as numbers where both are, a missing part
/// counts as 0, what stands behind the first <c>-</c> makes it earlier than the same without, and what stands behind a <c>+</c>, or a <c>v</c> before a digit, does not
/// count.
/// </summary>
internal static class VersionOrder
{
    /// <summary>Below 0 if <paramref name="a"/> is the earlier one, 0 if neither is.</summary>
    internal static int Compare(string a, string b)
    {
        var (coreA, preA) = Split(a);
        var (coreB, preB) = Split(b);
        var core = CompareParts(coreA, coreB, missing: "0");
        return core != 0 ? core : (preA, preB) switch
        {
            (null, null) => 0,
            (null, _) => 1,
            (_, null) => -1,
            _ => CompareParts(preA, preB, missing: null),
        };
    }

    private static (string Core, string? Pre) Split(string version)
    {
        var text = version.Trim().Split('+')[0];
        text = text.Length > 1 && text[0] is 'v' or 'V' && char.IsAsciiDigit(text[1]) ? text[1..] : text;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? (text, null) : (text[..dash], text[(dash + 1)..]);
    }

    private static int CompareParts(string a, string b, string? missing)
    {
        var (partsA, partsB) = (a.Split('.'), b.Split('.'));
        for (var i = 0; i < Math.Max(partsA.Length, partsB.Length); i++)
        {
            var (partA, partB) = (i < partsA.Length ? partsA[i] : missing, i < partsB.Length ? partsB[i] : missing);
            var order = partA is null ? -1 : partB is null ? 1 : ComparePart(partA, partB);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static int ComparePart(string a, string b) => (Number(a), Number(b)) switch
    {
        ({ } x, { } y) => x.Length != y.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(x, y),
        ({ }, null) => -1,
        (null, { }) => 1,
        _ => string.CompareOrdinal(a, b),
    };

    // Of any length, so that a build number as long as a time stamp is one too.
    private static string? Number(string part) =>
        part.Length > 0 && part.All(char.IsAsciiDigit) ? part.TrimStart('0').ToString(CultureInfo.InvariantCulture) : null;
}
