namespace Muster.Files;

/// <summary>
/// The hub's own blobs: named bytes, written whole or as blocks that become a blob when they are committed. A blob is replaced in one step: who reads
/// sees the old or the new one. What was acknowledged is durable. Names are any text of 1 to 1024 characters. Thread-safe.
/// A store that cannot be read or written throws <see cref="IOException"/> where it is a folder, and an <see cref="OrleansException"/> where it is a database.
/// </summary>
public interface IBlobStore
{
    /// <summary>Keeps one block until it is committed or was forgotten; a block of the same id is replaced.</summary>
    /// <param name="name">The blob that it is to be part of.</param>
    /// <param name="blockId">1 to 64 bytes of the client's choice.</param>
    /// <param name="content">One byte or more. Read to its end, never whole in memory.</param>
    /// <param name="cancellationToken">Gives up; nothing is kept.</param>
    /// <exception cref="BlobStoreException">A bound is reached.</exception>
    Task PutBlockAsync(string name, ReadOnlyMemory<byte> blockId, Stream content, CancellationToken cancellationToken);

    /// <summary>Makes the blob of these blocks in this order, which is not that of their coming; all its uncommitted blocks are gone then.</summary>
    /// <exception cref="BlobStoreException">There is no such block, or a bound is reached; nothing changed.</exception>
    Task<BlobProperties> CommitAsync(string name, IReadOnlyList<ReadOnlyMemory<byte>> blockIds, string contentType, CancellationToken cancellationToken);

    /// <summary>Makes the blob of <paramref name="content"/>; its uncommitted blocks are gone then.</summary>
    /// <exception cref="BlobStoreException">A bound is reached; nothing changed.</exception>
    Task<BlobProperties> PutAsync(string name, Stream content, string contentType, CancellationToken cancellationToken);

    /// <summary>Null if there is no such blob.</summary>
    Task<BlobProperties?> DescribeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Opens the blob as it is now; null if there is none.</summary>
    Task<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>False if there was no such blob. Uncommitted blocks stay.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a blob another name, in place of a blob that has it, whose readers end what they began; no byte moves but in Azure. Nobody writes to either
    /// name meanwhile.
    /// </summary>
    /// <returns>False if there was no blob of the old name; nothing changed.</returns>
    Task<bool> MoveAsync(string name, string newName, CancellationToken cancellationToken);

    /// <summary>Forgets the blob's uncommitted blocks, whose bytes count no more at once.</summary>
    Task ForgetStagedAsync(string name, CancellationToken cancellationToken);

    /// <summary>Forgets uncommitted blocks older than <paramref name="before"/>, and what broken-off writes left behind.</summary>
    Task CleanAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>A blob that is open for reading; the one who opened it disposes it.</summary>
public interface IBlobReader : IAsyncDisposable
{
    BlobProperties Properties { get; }

    /// <summary>Copies <paramref name="length"/> bytes from <paramref name="offset"/> on; both lie within the blob.</summary>
    /// <exception cref="IOException">They cannot be read, or were deleted meanwhile.</exception>
    Task CopyToAsync(Stream destination, long offset, long length, CancellationToken cancellationToken);
}

/// <summary>What is known of a blob besides its bytes.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="ETag">Another one after each write; without quotes.</param>
/// <param name="ModifiedAt">UTC, the store's clock, to the second.</param>
/// <param name="ContentType">As the writer said.</param>
public sealed record BlobProperties(long Size, string ETag, DateTimeOffset ModifiedAt, string ContentType);

/// <summary>Bounds of the hub's own blobs that are not options: Azure's, but for blocks, of which Azure takes more and larger ones.</summary>
public static class BlobLimits
{
    /// <summary>Bytes of one block.</summary>
    public const long MaxBlockBytes = 100 * 1024 * 1024;

    /// <summary>Blocks of one blob, committed or not.</summary>
    public const int MaxBlocks = 10_000;

    /// <summary>Bytes of a block's id, before base64.</summary>
    public const int MaxBlockIdBytes = 64;

    /// <summary>Characters of a blob's name.</summary>
    public const int MaxNameLength = 1024;
}

/// <summary>Why the store did not do as it was told.</summary>
public enum BlobFault : int
{
    /// <summary>The blob, or the block, would be larger than it may be.</summary>
    TooLarge = 1,

    /// <summary>The blob has as many uncommitted blocks as it may have.</summary>
    TooManyBlocks = 2,

    /// <summary>A block that is to be committed is not there.</summary>
    UnknownBlock = 3,

    /// <summary>All uncommitted blocks, and what is being written, are together as much as the store keeps.</summary>
    StoreFull = 4,

    /// <summary>The block has no bytes.</summary>
    EmptyBlock = 5,
}

/// <summary>The store did not do as it was told, and changed nothing.</summary>
public sealed class BlobStoreException(BlobFault fault) : Exception($"The blob store refused: {fault}.")
{
    public BlobFault Fault => fault;
}
