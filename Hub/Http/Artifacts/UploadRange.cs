using Microsoft.Net.Http.Headers;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Which part of a file a request carries.</summary>
/// <param name="Kind">What the client said of it.</param>
/// <param name="Offset">Where the body begins.</param>
/// <param name="Length">Bytes of the body; null: to its end.</param>
/// <param name="Total">Bytes of the file; null: not said.</param>
internal readonly record struct UploadRange(UploadRangeKind Kind, long Offset, long? Length, long? Total)
{
    /// <summary>Reads <c>Content-Range: bytes a-b/total</c>, with a star for an unknown total, or <c>bytes */total</c> with no body; without the header the body is the file.</summary>
    internal static (UploadRange Range, Refusal? Why) Read(string header, long? contentLength)
    {
        if (header.Length == 0)
        {
            return (new UploadRange(UploadRangeKind.Whole, 0, contentLength, contentLength), null);
        }

        if (!ContentRangeHeaderValue.TryParse(header, out var range) || !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return (default, Refusals.Invalid("Content-Range must be bytes a-b/total or bytes */total."));
        }

        if (range.From is not { } from || range.To is not { } to)
        {
            return contentLength is null or 0
                ? (new UploadRange(UploadRangeKind.Question, 0, 0, range.Length), null)
                : (default, Refusals.Invalid("Content-Range does not say which bytes the body has."));
        }

        var length = to - from + 1;
        return contentLength is { } bytes && bytes != length
            ? (default, Refusals.Invalid($"Content-Range speaks of {length} bytes, Content-Length of {bytes}."))
            : (new UploadRange(UploadRangeKind.Part, from, length, range.Length), null);
    }
}

/// <summary>What a request to upload carries.</summary>
internal enum UploadRangeKind
{
    /// <summary>The file, from its beginning: what came before is thrown away.</summary>
    Whole = 0,

    /// <summary>A piece of it.</summary>
    Part,

    /// <summary>Nothing: how much is there?</summary>
    Question,
}
