using Muster.Mqtt;

namespace Muster.Files;

/// <summary>Names of blobs in URLs.</summary>
internal static class BlobPath
{
    /// <summary>The first segments of every blob's path, as Azure's account and container.</summary>
    internal const string Container = "blobs/uploads";

    private const string Prefix = $"/{Container}/";

    /// <summary>Fully encoded, but for its slashes.</summary>
    internal static string Escaped(string blobName) => Uri.EscapeDataString(blobName).Replace("%2F", "/", StringComparison.Ordinal);

    /// <summary>
    /// The name in a request's target, or null if it has none that a device's blob can have. From the raw target, since C#'s SDK encodes the slashes of a name, which stay encoded in a
    /// parsed path.
    /// </summary>
    internal static string? NameIn(string rawTarget)
    {
        var query = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? rawTarget : rawTarget[..query];
        var at = path.IndexOf(Prefix, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && PercentCoding.Decode(path[(at + Prefix.Length)..]) is { Length: > 0 and <= BlobLimits.MaxNameLength } name && name[0] != '/' ? name : null;
    }
}
