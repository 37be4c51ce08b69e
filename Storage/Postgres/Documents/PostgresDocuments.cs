using System.Collections.Immutable;
using Muster.Storage.Documents;

namespace Muster.Storage.Postgres;

/// <summary>Documents in the database that all silos share.</summary>
internal sealed class PostgresDocuments(Func<PostgresStore> store) : IDocumentStore
{
    public async Task<StoredDocument?> ReadAsync(DocumentKey key)
    {
        var found = await RunAsync(new DocumentOperation(key, () => DocumentSql.Read(key), bytes: 0, isRead: true));
        return found is { } row ? new StoredDocument(row.Payload, VersionTag.Format(row.Version)) : null;
    }

    public async Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag)
    {
        var expected = VersionTag.Parse(etag);
        var written = await RunAsync(new DocumentOperation(key, () => DocumentSql.Write(key, payload, expected), payload.Length, isRead: false));
        return written is { } row ? VersionTag.Format(row.Version) : null;
    }

    public async Task<bool> DeleteAsync(DocumentKey key, string? etag)
    {
        var expected = VersionTag.Parse(etag);
        return await RunAsync(new DocumentOperation(key, () => DocumentSql.Delete(key, expected), bytes: 0, isRead: false)) is not null;
    }

    public Task<ImmutableArray<string>> ListAsync(string grainType, string name, string? after, int limit, CancellationToken cancellationToken) =>
        PostgresRows.ReadAsync(
            store().Database,
            DocumentSql.Keys,
            [PostgresRows.Text(grainType), PostgresRows.Text(name), PostgresRows.Text(after), PostgresRows.Number(limit)],
            static row => row.GetString(0),
            cancellationToken);

    private Task<(long Version, byte[]? Payload)?> RunAsync(DocumentOperation operation)
    {
        store().Documents.Add(operation);
        return operation.Task;
    }
}
