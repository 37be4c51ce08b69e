namespace Muster.Storage.Documents;

/// <summary>Where documents are kept. An ETag is the engine's own; one that a document had is never given to a later one of the same key.</summary>
internal interface IDocumentStore : IDocumentKeys
{
    /// <summary>Reads after everything that this process wrote of it before; null if there is none.</summary>
    /// <exception cref="StorageFaultException">It cannot be read now.</exception>
    Task<StoredDocument?> ReadAsync(DocumentKey key);

    /// <summary>Writes over the document of the ETag; without one there must be no document yet.</summary>
    /// <returns>The new ETag; null if the document is not as expected, and stays as it is.</returns>
    /// <exception cref="StorageFaultException">Whether it was written is unknown, but for the two kinds that say that it was not.</exception>
    Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag);

    /// <summary>Deletes the document of the ETag; without one there must be none.</summary>
    /// <returns>False: the document is not as expected, and stays as it is.</returns>
    /// <exception cref="StorageFaultException">As for writes.</exception>
    Task<bool> DeleteAsync(DocumentKey key, string? etag);
}

/// <param name="Payload">As it was written.</param>
/// <param name="ETag">For the next write.</param>
internal sealed record StoredDocument(ReadOnlyMemory<byte> Payload, string ETag);
