using System.Collections.Immutable;
using Muster.Storage.Documents;

namespace Muster.Storage.Sqlite;

/// <summary>Documents beside the device rows; they ride in the writer's batches with everything else.</summary>
internal sealed class SqliteDocuments(Func<SqliteStore> store) : IDocumentStore
{
    public async Task<StoredDocument?> ReadAsync(DocumentKey key)
    {
        var opened = store();
        if (!opened.Writer.IsIdle)
        {
            var pending = new PendingWrites();
            opened.Writer.Add(pending);
            await pending.Task;
        }

        return await opened.Rows.ReadAsync(database => DocumentTable.Read(database, key), CancellationToken.None);
    }

    public async Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag)
    {
        var write = new DocumentWrite(key, payload, VersionTag.Parse(etag));
        store().Writer.Add(write);
        var version = await write.Task;
        return version == 0 ? null : VersionTag.Format(version);
    }

    public Task<bool> DeleteAsync(DocumentKey key, string? etag)
    {
        var delete = new DocumentDelete(key, VersionTag.Parse(etag));
        store().Writer.Add(delete);
        return delete.Task;
    }

    public Task<ImmutableArray<string>> ListAsync(string grainType, string name, string? after, int limit, CancellationToken cancellationToken) =>
        store().Lookups.ReadAsync(database => DocumentTable.Keys(database, (grainType, name), after, limit), cancellationToken);
}
