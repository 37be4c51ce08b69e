using System.Collections.Immutable;
using Muster.Storage;

namespace Muster.Releases;

/// <summary>One upload that is under way: which pieces of the file came. Key: an id that nobody can guess.</summary>
[Alias("muster.IArtifactUploadGrain")]
internal interface IArtifactUploadGrain : IGrainWithStringKey
{
    [Alias("Begin")]
    Task BeginAsync(ArtifactUpload upload);

    /// <summary>Null if there is none, or its time is over.</summary>
    [Alias("Get")]
    Task<ArtifactUpload?> GetAsync();

    /// <summary>Appends a piece whose bytes are staged.</summary>
    /// <returns>True once it is part of the file; false if the file does not end at <paramref name="offset"/>, or there is no such upload.</returns>
    [Alias("Append")]
    Task<bool> AppendAsync(long offset, UploadPiece piece);

    /// <summary>Keeps what the whole file turned out to be, before it is put in its place.</summary>
    [Alias("Finish")]
    Task FinishAsync(ReleaseArtifact file);

    /// <summary>Forgets every byte that came; the upload may begin anew.</summary>
    [Alias("Restart")]
    Task RestartAsync();

    /// <summary>Forgets the upload and what came of it. Idempotent.</summary>
    [Alias("End")]
    Task EndAsync();
}

/// <summary>An upload as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.ArtifactUpload")]
internal sealed record ArtifactUpload
{
    [Id(0)] public string ReleaseId { get; init; } = "";

    [Id(1)] public ArtifactSpec? Spec { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(2)] public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>In the file's order, without gaps.</summary>
    [Id(3)] public ImmutableArray<UploadPiece> Pieces { get; init; } = [];

    /// <summary>What they are together; null before the last one was there.</summary>
    [Id(4)] public ReleaseArtifact? File { get; init; }

    internal long Received => Pieces.Sum(static piece => piece.Length);

    internal IReadOnlyList<ReadOnlyMemory<byte>> BlockIds => [.. Pieces.Select(static piece => (ReadOnlyMemory<byte>)piece.BlockId.ToByteArray())];
}

/// <param name="BlockId">Its block in the store.</param>
/// <param name="Length">In bytes.</param>
[GenerateSerializer, Immutable, Alias("muster.UploadPiece")]
internal sealed record UploadPiece([property: Id(0)] Guid BlockId, [property: Id(1)] long Length);

[GrainType("artifact-upload")]
internal sealed class ArtifactUploadGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<ArtifactUpload> storage,
    ArtifactStore store, TimeProvider clock) : Grain, IArtifactUploadGrain, IArtifactStoreCaller
{
    /// <summary>Pieces of one file: what a document takes.</summary>
    internal const int MaxPieces = 4096;

    private string BlobName => ArtifactBlobs.Upload(this.GetPrimaryKeyString());

    public Task BeginAsync(ArtifactUpload upload) => SaveAsync(upload);

    public Task<ArtifactUpload?> GetAsync() => Task.FromResult(Current);

    public async Task<bool> AppendAsync(long offset, UploadPiece piece)
    {
        if (Current is not { File: null } upload || upload.Received != offset || upload.Pieces.Length >= MaxPieces)
        {
            return false;
        }

        await SaveAsync(upload with { Pieces = upload.Pieces.Add(piece) });
        return true;
    }

    public async Task FinishAsync(ReleaseArtifact file)
    {
        if (Current is { } upload)
        {
            await SaveAsync(upload with { File = file });
        }
    }

    public async Task RestartAsync()
    {
        if (Current is { } upload)
        {
            await SaveAsync(upload with { Pieces = [], File = null });
            await ForgetBytesAsync();
        }
    }

    public async Task EndAsync()
    {
        await ForgetBytesAsync();
        await storage.ClearStateAsync();
        DeactivateOnIdle();
    }

    private ArtifactUpload? Current => storage is { RecordExists: true, State: { } upload } && upload.ExpiresAt > clock.GetUtcNow() ? upload : null;

    private async Task ForgetBytesAsync()
    {
        await store.Blobs.ForgetStagedAsync(BlobName, CancellationToken.None);
        await store.Blobs.DeleteAsync(BlobName, CancellationToken.None);
    }

    // A write that fails drops the activation, and no call comes in between: what is said here is never shown.
    private Task SaveAsync(ArtifactUpload next)
    {
        storage.State = next;
        return storage.WriteStateAsync();
    }
}
