using System.Collections.Immutable;

namespace Muster.Releases;

/// <summary>A release as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseState")]
internal sealed record ReleaseState
{
    /// <summary>The etag; never used twice for an id.</summary>
    [Id(0)] public long Revision { get; init; }

    [Id(1)] public ReleaseSpec? Spec { get; init; }

    [Id(2)] public ReleaseStatus Status { get; init; } = ReleaseStatus.Draft;

    [Id(3)] public DateTimeOffset CreatedAt { get; init; }

    [Id(4)] public DateTimeOffset? PublishedAt { get; init; }

    [Id(5)] public string? Reason { get; init; }

    [Id(6)] public ImmutableArray<StoredArtifact> Artifacts { get; init; } = [];

    [Id(7)] public ImmutableArray<string> Pins { get; init; } = [];

    /// <summary>Uploads that were begun; those whose time is over are dropped with the next one.</summary>
    [Id(8)] public ImmutableArray<OpenUpload> Uploads { get; init; } = [];

    /// <summary>UTC, the silo's clock: since then there is no such release, and none is made under its id; null while there is one.</summary>
    [Id(9)] public DateTimeOffset? DeletedAt { get; init; }

    internal string ETag => Revision.ToString(System.Globalization.CultureInfo.InvariantCulture);

    internal StoredArtifact? Artifact(string name) => Artifacts.FirstOrDefault(artifact => artifact.File.Name == name);

    internal ReleaseView View(string id) => new()
    {
        Id = id,
        ETag = ETag,
        Spec = Spec!,
        Status = Status,
        CreatedAt = CreatedAt,
        PublishedAt = PublishedAt,
        Reason = Reason,
        Artifacts = [.. Artifacts.Select(artifact => artifact.View())],
        PinnedBy = Pins,
    };

    internal ReleaseManifest Manifest(string id) => new()
    {
        Id = id,
        Name = Spec!.Name,
        Version = Spec.Version,
        Status = Status,
        Compatibility = Spec.Compatibility,
        Artifacts = [.. Artifacts.Select(artifact => artifact.File)],
        PublishedAt = PublishedAt,
    };
}

/// <summary>An artifact as it is stored.</summary>
/// <param name="Signature">With the key that was found to have made it; null: none yet.</param>
[GenerateSerializer, Immutable, Alias("muster.StoredArtifact")]
internal sealed record StoredArtifact(
    [property: Id(0)] ReleaseArtifact File, [property: Id(1)] ArtifactSignature? Signature, [property: Id(2)] SigningKeyKind SignedBy)
{
    internal ArtifactView View() => new(
        File, ArtifactBlocks.Count(File.Size), Signature is { KeyId: { } key } ? new ArtifactSignatureView(key, SignedBy) : null);
}

/// <summary>An upload that was begun for a release.</summary>
[GenerateSerializer, Immutable, Alias("muster.OpenUpload")]
internal sealed record OpenUpload([property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] DateTimeOffset ExpiresAt);
