using Muster.Files;

namespace Muster.Releases;

/// <summary>The links by which artifacts come and go, on the silos' own HTTPS under the hub's name. Any silo makes them, every one with the role hub serves them. Thread-safe.</summary>
public interface IArtifactLinks
{
    /// <summary>Links by which one device can download an artifact until <paramref name="expires"/>, to the second.</summary>
    ArtifactUrls Make(ReleaseArtifact artifact, string deviceId, DateTimeOffset expires);

    /// <summary>A link by which one upload can be made until <paramref name="expires"/>, to the second.</summary>
    string MakeUpload(string uploadId, DateTimeOffset expires);
}

/// <summary>Where a device downloads an artifact from; absolute.</summary>
/// <param name="Https">Of the silos' HTTPS.</param>
/// <param name="Http">Of <c>Hub:HttpPort</c>, for agents without our authority; null where that is off.</param>
public sealed record ArtifactUrls(string Https, string? Http);

/// <summary>The blobs that artifacts are kept in.</summary>
/// <param name="Blobs">Takes blobs of <see cref="ReleaseOptions.MaxArtifactBytes"/>.</param>
public sealed record ArtifactStore(IBlobStore Blobs);

/// <summary>What artifacts' blobs are called. They begin as no device's blob can, since they may share a store.</summary>
internal static class ArtifactBlobs
{
    private const string Prefix = "/artifacts/";

    internal static string Content(string sha256) => Prefix + sha256;

    /// <summary>The SHA-256 of each block, one after another.</summary>
    internal static string Blocks(string sha256) => $"{Prefix}{sha256}.blocks";

    internal static string Upload(string uploadId) => $"{Prefix}uploads/{uploadId}";
}

/// <summary>In what blocks artifacts are hashed and served.</summary>
internal static class ArtifactBlocks
{
    internal const int Bytes = 1024 * 1024;
    internal const int HashBytes = 32;

    internal static int Count(long size) => (int)((size + Bytes - 1) / Bytes);
}
