using Muster.Errors;

namespace Muster.Files;

/// <summary>Which names devices may give to their blobs. Pure.</summary>
internal static class BlobNames
{
    // A name goes into a URL by plain concatenation: what would end its path, or be decoded, must not stand in it.
    private const string Forbidden = "%?#\\";

    /// <summary>The blob's whole name, or why there is none.</summary>
    internal static string? Of(string deviceId, string name, out Refusal? why)
    {
        var whole = $"{deviceId}/{name}";
        why = name.Length == 0 || whole.Length > BlobLimits.MaxNameLength ? Refusals.Invalid($"blobName must have 1 to {BlobLimits.MaxNameLength - deviceId.Length - 1} characters.")
            : name.Any(IsForbidden) ? Refusals.Invalid($"blobName may not hold control characters, nor any of {Forbidden}.")
            : name.Split('/').Any(segment => segment is "" or "." or "..") ? Refusals.Invalid("blobName may not have empty segments, nor '.' and '..'.")
            : null;
        return why is null ? whole : null;
    }

    // Half a surrogate pair has no UTF-8.
    private static bool IsForbidden(char c) => char.IsControl(c) || char.IsSurrogate(c) || Forbidden.Contains(c, StringComparison.Ordinal);
}
