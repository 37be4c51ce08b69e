using Muster.Mqtt;

namespace Muster.Files;

/// <summary>Names of blobs in URLs.</summary>
internal static class BlobPath
{
    /// <summary>The first segments of every blob's path, as Azure's account and container.</summary>
    internal const string Container = "blobs/uploads";

    private const string Prefix = $"/{Container}/";

    /// <summary>
    /// As SDKs may put it into a URL as it stands: they encode what needs it but take a percent sign for an encoding. Only the device's id can hold one, or
    /// what would end the path.
    /// </summary>
    internal static string InLink(string blobName) => blobName
        .Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

    /// <summary>Fully encoded, but for its slashes.</summary>
    internal static string Escaped(string blobName) => Uri.EscapeDataString(blobName).Replace("%2F", "/", StringComparison.Ordinal);

    /// <summary>
    /// The name in a request's target, or null if it has none. From the raw target, since C#'s SDK encodes the slashes of a name, which stay encoded in a
    /// parsed path.
    /// </summary>
    internal static string? NameIn(string rawTarget)
    {
        var query = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? rawTarget : rawTarget[..query];
        var at = path.IndexOf(Prefix, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && PercentCoding.Decode(path[(at + Prefix.Length)..]) is { Length: > 0 and <= BlobLimits.MaxNameLength } name ? name : null;
    }
}
