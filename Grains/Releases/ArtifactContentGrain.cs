using System.Collections.Immutable;
using Muster.Errors;
using Muster.Files;
using Muster.Storage;

namespace Muster.Releases;

/// <summary>The bytes of artifacts that are the same, and which releases have them. Key: their SHA-256, lower-case hex.</summary>
[Alias("muster.IArtifactContentGrain")]
internal interface IArtifactContentGrain : IGrainWithStringKey
{
    /// <summary>Puts what was uploaded in its place, over what was there, for a release. Idempotent.</summary>
    /// <returns>Null once it is there; TooManyArtifacts where too many releases have it.</returns>
    [Alias("Keep")]
    Task<Refusal?> KeepAsync(UploadedContent content, string releaseId);

    /// <summary>The release does not need it any more; the last one's leave deletes the bytes. Idempotent.</summary>
    [Alias("Drop")]
    Task DropAsync(string releaseId);

    [Alias("ListReleases")]
    Task<ImmutableArray<string>> ListReleasesAsync();
}

/// <param name="UploadId">Whose committed blob it is.</param>
/// <param name="Blocks">The SHA-256 of each block.</param>
[GenerateSerializer, Immutable, Alias("muster.UploadedContent")]
internal sealed record UploadedContent([property: Id(0)] string UploadId, [property: Id(1)] ImmutableArray<byte> Blocks);

/// <summary>Which releases have the same bytes, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.ArtifactContentState")]
internal sealed record ArtifactContentState
{
    [Id(0)] public ImmutableArray<string> Releases { get; init; } = [];
}

[GrainType("artifact-content")]
internal sealed class ArtifactContentGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<ArtifactContentState> storage,
    ArtifactStore store) : Grain, IArtifactContentGrain, IArtifactStoreCaller
{
    private const int MaxReleases = 1000;
    private const string ContentType = "application/octet-stream";

    private string Sha256 => this.GetPrimaryKeyString();

    private ImmutableArray<string> Releases => storage.RecordExists ? storage.State.Releases : [];

    public async Task<Refusal?> KeepAsync(UploadedContent content, string releaseId)
    {
        if (!Releases.Contains(releaseId))
        {
            if (Releases.Length >= MaxReleases)
            {
                return new Refusal(HubErrorCode.TooManyArtifacts, $"{MaxReleases} releases have this artifact; no more are possible.");
            }

            // Before the bytes are there, so that they are never there without anyone who deletes them.
            storage.State = new ArtifactContentState { Releases = Releases.Add(releaseId) };
            await storage.WriteStateAsync();
        }

        using var blocks = new MemoryStream([.. content.Blocks]);
        await store.Blobs.PutAsync(ArtifactBlobs.Blocks(Sha256), blocks, ContentType, CancellationToken.None);
        if (!await store.Blobs.MoveAsync(ArtifactBlobs.Upload(content.UploadId), ArtifactBlobs.Content(Sha256), CancellationToken.None)
            && await store.Blobs.DescribeAsync(ArtifactBlobs.Content(Sha256), CancellationToken.None) is null)
        {
            throw new StoreFaultException("What was uploaded is not in the store any more.");
        }

        return null;
    }

    public async Task DropAsync(string releaseId)
    {
        var left = Releases.Remove(releaseId);
        if (!left.IsEmpty)
        {
            storage.State = new ArtifactContentState { Releases = left };
            await storage.WriteStateAsync();
            return;
        }

        await store.Blobs.DeleteAsync(ArtifactBlobs.Content(Sha256), CancellationToken.None);
        await store.Blobs.DeleteAsync(ArtifactBlobs.Blocks(Sha256), CancellationToken.None);
        await storage.ClearStateAsync();
        DeactivateOnIdle();
    }

    public Task<ImmutableArray<string>> ListReleasesAsync() => Task.FromResult(Releases);
}

/// <summary>A grain that asks the store of artifacts itself: its callers, on other silos too, get a <see cref="StoreFaultException"/> for what that throws.</summary>
internal interface IArtifactStoreCaller : IIncomingGrainCallFilter
{
    async Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BlobStoreException or StorageFaultException or StoreUnavailableException)
        {
            throw new StoreFaultException($"The store of artifacts failed: {e.Message}");
        }
    }
}
