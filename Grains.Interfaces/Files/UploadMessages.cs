using Muster.Errors;

namespace Muster.Files;

/// <summary>A file upload that is under way.</summary>
[GenerateSerializer, Immutable, Alias("muster.FileUpload")]
public sealed record FileUpload
{
    /// <summary>Names the upload in the device's notification; nobody can guess it.</summary>
    [Id(0)] public required string CorrelationId { get; init; }

    /// <summary>The device's id, a slash, and the name that the device gave.</summary>
    [Id(1)] public required string BlobName { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(2)] public required DateTimeOffset StartedAt { get; init; }

    /// <summary>UTC, the silo's clock: when the link to the blob ends, and with it the upload.</summary>
    [Id(3)] public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>How an upload went, in the device's words.</summary>
[GenerateSerializer, Immutable, Alias("muster.UploadResult")]
public sealed record UploadResult
{
    [Id(0)] public required string CorrelationId { get; init; }

    [Id(1)] public required bool IsSuccess { get; init; }

    /// <summary>The storage's HTTP status as the device saw it; 0 if it saw none.</summary>
    [Id(2)] public int StatusCode { get; init; }

    [Id(3)] public string? StatusDescription { get; init; }
}

/// <summary>What became of a request about an upload.</summary>
[GenerateSerializer, Immutable, Alias("muster.UploadReply")]
public abstract record UploadReply
{
    private UploadReply() { }

    /// <summary>It is under way, or was until now; durably.</summary>
    [GenerateSerializer, Immutable, Alias("muster.UploadReply.Accepted")]
    public sealed record Accepted([property: Id(0)] FileUpload Upload) : UploadReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.UploadReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : UploadReply;
}
