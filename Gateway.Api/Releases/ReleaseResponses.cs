using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Some releases.</summary>
/// <param name="Items">By id.</param>
/// <param name="Next">What to give as <c>after</c> to go on; null at the end.</param>
internal sealed record ReleasePageResponse(ReleaseResponse[] Items, string? Next);

/// <summary>A release as it stands.</summary>
internal sealed record ReleaseResponse
{
    /// <summary>name@version.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required string Etag { get; init; }

    /// <summary>draft, published, deprecated or withdrawn.</summary>
    public required string Status { get; init; }

    public string? Description { get; init; }

    public required CompatibilityBody Compatibility { get; init; }

    public required ArtifactResponse[] Artifacts { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset CreatedTime { get; init; }

    /// <summary>UTC; null if it never was.</summary>
    public DateTimeOffset? PublishedTime { get; init; }

    /// <summary>Why it was withdrawn; null if it was not.</summary>
    public string? Reason { get; init; }

    /// <summary>Rollouts that are at it, and golden:model for each model that it is golden for; while there are any, it cannot be deleted.</summary>
    public required string[] PinnedBy { get; init; }

    internal static ReleaseResponse From(ReleaseView release) => new()
    {
        Id = release.Id,
        Name = release.Spec.Name,
        Version = release.Spec.Version,
        Etag = release.ETag,
        Status = JsonNamingPolicy.CamelCase.ConvertName(release.Status.ToString()),
        Description = release.Spec.Description,
        Compatibility = CompatibilityBody.From(release.Spec.Compatibility),
        Artifacts = [.. release.Artifacts.Select(ArtifactResponse.From)],
        CreatedTime = release.CreatedAt,
        PublishedTime = release.PublishedAt,
        Reason = release.Reason,
        PinnedBy = [.. release.PinnedBy],
    };
}

/// <summary>A file of a release.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hex, as the others.</param>
/// <param name="Blocks">How many blocks of 1 MiB are hashed apart.</param>
/// <param name="Signature">Null: none yet.</param>
internal sealed record ArtifactResponse(
    string Name, long Size, string Sha256, string Sha1, string Md5, string ContentType, int Blocks, SignatureResponse? Signature)
{
    internal static ArtifactResponse From(ArtifactView artifact) => new(
        artifact.File.Name, artifact.File.Size, artifact.File.Sha256, artifact.File.Sha1, artifact.File.Md5, artifact.File.ContentType, artifact.Blocks,
        artifact.Signature is { } signature ? new SignatureResponse(signature.KeyId, KindWord(signature.Kind)) : null);

    internal static string KindWord(SigningKeyKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}

/// <param name="KeyId">The signing key that made it.</param>
/// <param name="Kind">ecdsa or cms.</param>
internal sealed record SignatureResponse(string KeyId, string Kind);

/// <summary>Where to send an artifact's bytes.</summary>
/// <param name="UploadUrl">PUT the file there. Whoever knows it may upload.</param>
/// <param name="ExpiresTime">UTC.</param>
internal sealed record ArtifactUploadResponse(string UploadUrl, DateTimeOffset ExpiresTime);

/// <param name="Kind">ecdsa or cms.</param>
/// <param name="Fingerprint">SHA-256 of the public key (SPKI), lower-case hex.</param>
/// <param name="RegisteredTime">UTC.</param>
/// <param name="RevokedTime">UTC; null if it was not.</param>
/// <param name="ExpiresTime">UTC, of a certificate.</param>
internal sealed record SigningKeyResponse(
    string Id, string Kind, string Pem, string Fingerprint, DateTimeOffset RegisteredTime, DateTimeOffset? RevokedTime, DateTimeOffset? ExpiresTime)
{
    internal static SigningKeyResponse From(SigningKeyView key) =>
        new(key.Id, ArtifactResponse.KindWord(key.Kind), key.Pem, key.Fingerprint, key.RegisteredAt, key.RevokedAt, key.ExpiresAt);
}

/// <param name="SetTime">UTC.</param>
internal sealed record GoldenResponse(string Model, string ReleaseId, DateTimeOffset SetTime, string Etag);

/// <summary>The JSON of releases.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(ReleaseChangeRequest))]
[JsonSerializable(typeof(WithdrawRequest))]
[JsonSerializable(typeof(ArtifactRequest))]
[JsonSerializable(typeof(SignatureRequest))]
[JsonSerializable(typeof(SigningKeyRequest))]
[JsonSerializable(typeof(GoldenRequest))]
[JsonSerializable(typeof(ReleasePageResponse))]
[JsonSerializable(typeof(ReleaseResponse))]
[JsonSerializable(typeof(ArtifactUploadResponse))]
[JsonSerializable(typeof(SigningKeyResponse))]
[JsonSerializable(typeof(SigningKeyResponse[]))]
[JsonSerializable(typeof(GoldenResponse))]
internal sealed partial class ReleaseJson : JsonSerializerContext
{
    /// <summary>Of every body here.</summary>
    internal const int MaxBytes = 64 * 1024;

    /// <exception cref="JsonException">It has another shape.</exception>
    internal static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json, type) ?? throw new JsonException("an object was expected.");

    internal static Refusal Invalid(string message) => new(HubErrorCode.ArgumentInvalid, message);
}
