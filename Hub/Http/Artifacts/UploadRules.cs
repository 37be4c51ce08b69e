using Muster.Errors;

namespace Muster.Releases;

/// <summary>Whether a request fits an upload, before a byte is read. Pure.</summary>
internal static class UploadRules
{
    internal static Refusal? Check(UploadRange range, ArtifactUpload upload, long? total, long maxBytes) =>
        total > maxBytes || range.Total > maxBytes || range.Offset + (range.Length ?? 0) > maxBytes ? ReleaseRules.TooLarge(maxBytes)
        : range.Total is { } said && said != total ? Refusals.Invalid($"The file was said to have {total} bytes, not {said}.")
        : range.Offset + (range.Length ?? 0) > total ? Refusals.Invalid($"The file was said to have {total} bytes: no piece goes beyond them.")
        : range.Kind == UploadRangeKind.Part && range.Offset != upload.Received
            ? new Refusal(HubErrorCode.UploadOffsetConflict, $"{upload.Received} bytes came so far: go on from there.")
        : range.Kind == UploadRangeKind.Whole && range.Length == 0 ? Refusals.Invalid("An artifact has at least one byte.")
        : null;

    /// <summary>Where the file must end once the body was read; null: wherever the body did.</summary>
    internal static long? EndOf(UploadRange range) => range.Length is { } length ? range.Offset + length : range.Kind == UploadRangeKind.Whole ? range.Total : null;

    internal static Refusal Truncated(long received, long wanted) =>
        new(HubErrorCode.UploadTruncated, $"The body ended early: {received} of {wanted} bytes came. They are kept; go on from there.");
}
