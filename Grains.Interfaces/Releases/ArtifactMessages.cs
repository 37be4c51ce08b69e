using Muster.Errors;

namespace Muster.Releases;

/// <summary>An artifact that is to be uploaded.</summary>
[GenerateSerializer, Immutable, Alias("muster.ArtifactSpec")]
public sealed record ArtifactSpec
{
    /// <summary>See <see cref="ReleaseIds"/>; one of its name in a release.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Bytes that must come; null: not said. 1 to <c>Releases:MaxArtifactBytes</c>.</summary>
    [Id(1)] public long? Size { get; init; }

    /// <summary>What the bytes must hash to, in hex; null: not said.</summary>
    [Id(2)] public string? Sha256 { get; init; }

    /// <summary>For people; what is served is always application/octet-stream. Null for that; at most 128 ASCII characters.</summary>
    [Id(3)] public string? ContentType { get; init; }

    /// <summary>Null: it comes later, before the release is published.</summary>
    [Id(4)] public ArtifactSignature? Signature { get; init; }
}

/// <summary>A detached signature of an artifact.</summary>
/// <param name="Value">
/// Base64, at most 8 KiB of text. By an ECDSA P-256 key: over the SHA-256 of the artifact, DER (RFC 3279) or r and s (IEEE P1363). By a certificate: CMS in DER
/// without the content (RFC 5652), with SHA-256.
/// </param>
/// <param name="KeyId">The signing key that made it; null: any that fits.</param>
[GenerateSerializer, Immutable, Alias("muster.ArtifactSignature")]
public sealed record ArtifactSignature([property: Id(0)] string Value, [property: Id(1)] string? KeyId);

/// <summary>Where to send an artifact's bytes.</summary>
/// <param name="Url">Of the silos' HTTPS; whoever knows it may upload. PUT the file, whole or in pieces with <c>Content-Range</c>.</param>
/// <param name="ExpiresAt">UTC, the silo's clock: then it is over, and what came of the file is thrown away.</param>
[GenerateSerializer, Immutable, Alias("muster.ArtifactUploadLink")]
public sealed record ArtifactUploadLink([property: Id(0)] string Url, [property: Id(1)] DateTimeOffset ExpiresAt);

/// <summary>What became of a wish to upload.</summary>
[GenerateSerializer, Immutable, Alias("muster.ArtifactUploadReply")]
public abstract record ArtifactUploadReply
{
    private ArtifactUploadReply() { }

    [GenerateSerializer, Immutable, Alias("muster.ArtifactUploadReply.Begun")]
    public sealed record Begun([property: Id(0)] ArtifactUploadLink Link) : ArtifactUploadReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ArtifactUploadReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : ArtifactUploadReply;
}
