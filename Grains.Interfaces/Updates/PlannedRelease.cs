using System.Collections.Immutable;

namespace Muster.Updates;

/// <summary>A release as a rollout took it: what devices are offered, and which of them it is for.</summary>
[GenerateSerializer, Immutable, Alias("muster.PlannedRelease")]
public sealed record PlannedRelease
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string Name { get; init; }

    [Id(2)] public required string Version { get; init; }

    /// <summary>Models that it is for; empty for any that is known.</summary>
    [Id(3)] public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>Empty for any.</summary>
    [Id(4)] public ImmutableArray<string> HardwareRevisions { get; init; } = [];

    /// <summary>The version that a device must run before; null for any.</summary>
    [Id(5)] public string? RequiredVersion { get; init; }

    /// <summary>True if it may go onto a device that runs a later version.</summary>
    [Id(6)] public bool AllowDowngrade { get; init; }

    [Id(7)] public required ImmutableArray<PlannedArtifact> Artifacts { get; init; }

    /// <summary>Of all artifacts.</summary>
    public long Bytes => Artifacts.Sum(static artifact => artifact.Size);
}

/// <summary>A file of a release. Hashes are lower-case hex.</summary>
[GenerateSerializer, Immutable, Alias("muster.PlannedArtifact")]
public sealed record PlannedArtifact
{
    [Id(0)] public required string FileName { get; init; }

    /// <summary>Bytes.</summary>
    [Id(1)] public required long Size { get; init; }

    [Id(2)] public required string Sha256 { get; init; }

    [Id(3)] public required string Sha1 { get; init; }

    [Id(4)] public required string Md5 { get; init; }
}
