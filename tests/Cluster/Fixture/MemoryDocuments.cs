using System.Globalization;
using Muster.Storage.Documents;

namespace Muster.Fixture;

/// <summary>The documents of a cluster under test, beside its silos: what one of them had written outlives it, as it does in a database.</summary>
internal sealed class MemoryDocuments : IDocumentStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<DocumentKey, StoredDocument> documents = [];
    private long lastVersion;

    public Task<StoredDocument?> ReadAsync(DocumentKey key)
    {
        lock (gate)
        {
            return Task.FromResult(documents.GetValueOrDefault(key));
        }
    }

    public Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag)
    {
        lock (gate)
        {
            if (!IsExpected(key, etag))
            {
                return Task.FromResult<string?>(null);
            }

            var written = new StoredDocument(payload.ToArray(), (++lastVersion).ToString(CultureInfo.InvariantCulture));
            documents[key] = written;
            return Task.FromResult<string?>(written.ETag);
        }
    }

    public Task<bool> DeleteAsync(DocumentKey key, string? etag)
    {
        lock (gate)
        {
            var isExpected = IsExpected(key, etag);
            if (isExpected)
            {
                documents.Remove(key);
            }

            return Task.FromResult(isExpected);
        }
    }

    private bool IsExpected(DocumentKey key, string? etag) => documents.GetValueOrDefault(key)?.ETag == etag;
}
