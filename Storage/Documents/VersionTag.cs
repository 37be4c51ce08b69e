using System.Globalization;

namespace Muster.Storage.Documents;

/// <summary>ETags of the engines that count versions, from 1.</summary>
internal static class VersionTag
{
    public static string Format(long version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>0 for none. What is no version, no document has: -1.</summary>
    public static long Parse(string? tag) => tag is null ? 0
        : long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? version
        : -1;
}
