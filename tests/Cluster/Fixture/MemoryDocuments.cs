using System.Collections.Immutable;
using System.Globalization;
using Muster.Storage.Documents;

namespace Muster.Fixture;

/// <summary>The documents of a cluster under test, beside its silos: what one of them had written outlives it, as it does in a database.</summary>
internal sealed class MemoryDocuments : IDocumentStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<DocumentKey, StoredDocument> documents = [];
    private long lastVersion;

    /// <summary>Called before each write, which fails as it does.</summary>
    internal Action<DocumentKey, ReadOnlyMemory<byte>>? Writing { get; set; }

    public Task<StoredDocument?> ReadAsync(DocumentKey key)
    {
        lock (gate)
        {
            return Task.FromResult(documents.GetValueOrDefault(key));
        }
    }

    public Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag)
    {
        Writing?.Invoke(key, payload);
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

    public Task<ImmutableArray<string>> ListAsync(string grainType, string name, string? after, int limit, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var keys = documents.Keys.Where(key => key.GrainType == grainType && key.Name == name).Select(key => key.Key);
            return Task.FromResult(keys.Where(key => string.CompareOrdinal(key, after) > 0).Order(StringComparer.Ordinal).Take(limit).ToImmutableArray());
        }
    }

    private bool IsExpected(DocumentKey key, string? etag) => documents.GetValueOrDefault(key)?.ETag == etag;
}
