using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Muster.Releases;

/// <summary>Opens artifacts with the hashes of their blocks, which are verified first; and withdraws what is damaged. Thread-safe.</summary>
internal sealed partial class ArtifactCatalog(ArtifactStore store, IGrainFactory grains, ILogger<ArtifactCatalog> logger)
{
    /// <summary>64 KiB each, at most.</summary>
    private const int MaxLists = 64;

    private readonly ConcurrentDictionary<string, byte[]> lists = new(StringComparer.Ordinal);

    /// <summary>Null if its bytes are gone.</summary>
    /// <exception cref="ArtifactDamagedException">It is not as long as it was, or its hashes are not those that were kept.</exception>
    internal async Task<OpenArtifact?> OpenAsync(ReleaseArtifact artifact, CancellationToken cancellationToken)
    {
        if (await ListAsync(artifact, cancellationToken) is not { } list
            || await store.Blobs.OpenAsync(ArtifactBlobs.Content(artifact.Sha256), cancellationToken) is not { } reader)
        {
            return null;
        }

        if (reader.Properties.Size == artifact.Size)
        {
            return new OpenArtifact(artifact.Sha256, reader, list);
        }

        await reader.DisposeAsync();
        throw new ArtifactDamagedException(artifact.Sha256, block: 0);
    }

    /// <summary>Withdraws every release that has the artifact; then nobody is offered it any more.</summary>
    internal async Task WithdrawAsync(ArtifactDamagedException damage)
    {
        LogDamaged(damage.Sha256, damage.Message);
        foreach (var release in await grains.GetGrain<IArtifactContentGrain>(damage.Sha256).ListReleasesAsync())
        {
            await grains.GetGrain<IReleaseGrain>(release).WithdrawAsync(damage.Message, ifMatch: null);
        }
    }

    private async Task<byte[]?> ListAsync(ReleaseArtifact artifact, CancellationToken cancellationToken)
    {
        if (lists.TryGetValue(artifact.BlocksSha256, out var known))
        {
            return known;
        }

        await using var reader = await store.Blobs.OpenAsync(ArtifactBlobs.Blocks(artifact.Sha256), cancellationToken);
        if (reader is null)
        {
            return null;
        }

        using var copy = new MemoryStream();
        await reader.CopyToAsync(copy, 0, Math.Min(reader.Properties.Size, ArtifactBlocks.Count(ReleaseOptions.LargestArtifactBytes) * (long)ArtifactBlocks.HashBytes), cancellationToken);
        var list = copy.ToArray();
        if (Convert.ToHexStringLower(SHA256.HashData(list)) != artifact.BlocksSha256 || list.Length != ArtifactBlocks.Count(artifact.Size) * ArtifactBlocks.HashBytes)
        {
            throw new ArtifactDamagedException(artifact.Sha256, block: 0);
        }

        if (lists.Count >= MaxLists)
        {
            lists.Clear();
        }

        lists[artifact.BlocksSha256] = list;
        return list;
    }

    [LoggerMessage(EventId = 8113, Level = LogLevel.Error, Message = "The artifact {Sha256} is damaged and its releases are withdrawn: {Why}")]
    private partial void LogDamaged(string sha256, string why);
}
