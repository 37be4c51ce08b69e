using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Where a release is in its life. It only ever goes on.</summary>
public enum ReleaseStatus : int
{
    /// <summary>It is being put together: artifacts come and go, and no device is offered it.</summary>
    Draft = 1,

    /// <summary>It may be offered, and does not change any more.</summary>
    Published = 2,

    /// <summary>It should not be offered anew; what is under way, and a rollback to it, may go on.</summary>
    Deprecated = 3,

    /// <summary>It may neither be offered nor downloaded.</summary>
    Withdrawn = 4,
}

/// <summary>Which devices a release is for.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseCompatibility")]
public sealed record ReleaseCompatibility
{
    public static ReleaseCompatibility None { get; } = new();

    /// <summary>Device models, as devices report them; 1 to 32 of 1 to 128 characters, compared by ordinal.</summary>
    [Id(0)] public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>Hardware revisions, as devices report them; empty: any. At most 32 of 1 to 64 characters.</summary>
    [Id(1)] public ImmutableArray<string> HardwareRevisions { get; init; } = [];

    /// <summary>The version that must run before this one can be installed; null: any.</summary>
    [Id(2)] public string? RequiredVersion { get; init; }

    /// <summary>Whether it may follow a later version.</summary>
    [Id(3)] public bool AllowDowngrade { get; init; }
}

/// <summary>What a release is made as.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseSpec")]
public sealed record ReleaseSpec
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required string Version { get; init; }

    /// <summary>For people; null or at most 2000 characters.</summary>
    [Id(2)] public string? Description { get; init; }

    [Id(3)] public required ReleaseCompatibility Compatibility { get; init; }
}

/// <summary>What is to be other in a draft; null leaves as it is.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseChange")]
public sealed record ReleaseChange([property: Id(0)] string? Description, [property: Id(1)] ReleaseCompatibility? Compatibility);

/// <summary>A release as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseView")]
public sealed record ReleaseView
{
    /// <summary><c>name@version</c>.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Without quotes; another one after each change.</summary>
    [Id(1)] public required string ETag { get; init; }

    [Id(2)] public required ReleaseSpec Spec { get; init; }

    [Id(3)] public required ReleaseStatus Status { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(4)] public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>UTC, the silo's clock; null while it is a draft, or if it never was published.</summary>
    [Id(5)] public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>Why it was withdrawn; null if it was not.</summary>
    [Id(6)] public string? Reason { get; init; }

    /// <summary>In the order of their coming.</summary>
    [Id(7)] public required ImmutableArray<ArtifactView> Artifacts { get; init; }

    /// <summary>Rollouts that are at it, and golden places that it has: while there are any, it cannot be deleted.</summary>
    [Id(8)] public required ImmutableArray<string> PinnedBy { get; init; }
}

/// <summary>A file of a release, with who vouches for it.</summary>
/// <param name="Signature">Null: nobody yet.</param>
[GenerateSerializer, Immutable, Alias("muster.ArtifactView")]
public sealed record ArtifactView([property: Id(0)] ReleaseArtifact File, [property: Id(1)] int Blocks, [property: Id(2)] ArtifactSignatureView? Signature);

/// <summary>Who signed an artifact, and how.</summary>
[GenerateSerializer, Immutable, Alias("muster.ArtifactSignatureView")]
public sealed record ArtifactSignatureView([property: Id(0)] string KeyId, [property: Id(1)] SigningKeyKind Kind);

/// <summary>A file of a release: all that who fetches or offers it needs to know.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseArtifact")]
public sealed record ReleaseArtifact
{
    [Id(0)] public required string ReleaseId { get; init; }

    [Id(1)] public required string Name { get; init; }

    /// <summary>In bytes.</summary>
    [Id(2)] public required long Size { get; init; }

    /// <summary>Lower-case hex, as the others.</summary>
    [Id(3)] public required string Sha256 { get; init; }

    [Id(4)] public required string Sha1 { get; init; }

    [Id(5)] public required string Md5 { get; init; }

    [Id(6)] public required string ContentType { get; init; }

    /// <summary>SHA-256, in lower-case hex, of the list of the SHA-256 of its blocks of 1 MiB: by it that list is known to be the right one.</summary>
    [Id(7)] public required string BlocksSha256 { get; init; }
}

/// <summary>What rollouts and devices need of a release. Of a draft too: see its status.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseManifest")]
public sealed record ReleaseManifest
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string Name { get; init; }

    [Id(2)] public required string Version { get; init; }

    [Id(3)] public required ReleaseStatus Status { get; init; }

    [Id(4)] public required ReleaseCompatibility Compatibility { get; init; }

    [Id(5)] public required ImmutableArray<ReleaseArtifact> Artifacts { get; init; }

    /// <summary>UTC, the silo's clock; null if it was never published.</summary>
    [Id(6)] public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>Whether devices may have it: it is published or deprecated.</summary>
    public bool MayBeDownloaded => Status is ReleaseStatus.Published or ReleaseStatus.Deprecated;
}

/// <summary>What became of a request about a release.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseReply")]
public abstract record ReleaseReply
{
    private ReleaseReply() { }

    /// <summary>It stands so, durably.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReleaseReply.Accepted")]
    public sealed record Accepted([property: Id(0)] ReleaseView Release) : ReleaseReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReleaseReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : ReleaseReply;
}
