using System.Collections.Immutable;
using Muster.Storage.Documents;

namespace Muster.Storage.Sqlite;

/// <summary>
/// Writes documents, each on the condition that its version is the expected one. Used inside a transaction of the writer thread.
/// </summary>
internal sealed class DocumentTable(SqliteDatabase database, TimeProvider clock)
{
    private const string Insert =
        "INSERT INTO document (grain_type, key, name, version, payload) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

    private const string Update =
        "UPDATE document SET version = ?4, payload = ?5 WHERE grain_type = ?1 AND key = ?2 AND name = ?3 AND version = ?6";

    private const string Delete = "DELETE FROM document WHERE grain_type = ?1 AND key = ?2 AND name = ?3 AND version = ?4";

    private const string Select = "SELECT payload, version FROM document WHERE grain_type = ?1 AND key = ?2 AND name = ?3";

    private const string SelectKeys = "SELECT key FROM document WHERE grain_type = ?1 AND name = ?2 AND (?3 IS NULL OR key > ?3) ORDER BY key LIMIT ?4";

    private readonly VersionSeed seed = new(clock);

    public static StoredDocument? Read(SqliteDatabase database, DocumentKey key)
    {
        var select = database.Cached(Select);
        Bind(select, key);
        try
        {
            return select.Step() ? new StoredDocument(select.Bytes(0).ToArray(), VersionTag.Format(select.Int64(1))) : null;
        }
        finally
        {
            select.Reset();
        }
    }

    public static ImmutableArray<string> Keys(SqliteDatabase database, (string GrainType, string Name) of, string? after, int limit)
    {
        var select = database.Cached(SelectKeys);
        select.BindText(1, of.GrainType);
        select.BindText(2, of.Name);
        select.BindText(3, after);
        select.Bind(4, limit);
        return SqliteRows.Read(select, static row => row.TextOrNull(0)!);
    }

    /// <param name="expected">0: there must be none.</param>
    /// <returns>The new version, or 0: the document is not as expected and stays as it is.</returns>
    public long Write(DocumentKey key, ReadOnlySpan<byte> payload, long expected)
    {
        var statement = database.Cached(expected == 0 ? Insert : Update);
        var version = expected == 0 ? seed.Next() : expected + 1;
        Bind(statement, key);
        statement.Bind(4, version);
        statement.BindBlob(5, payload);
        if (expected != 0)
        {
            statement.Bind(6, expected);
        }

        statement.Execute();
        return database.Changes == 1 ? version : 0;
    }

    /// <param name="expected">0: there must be none.</param>
    /// <returns>False: the document is not as expected and stays as it is.</returns>
    public bool TryDelete(DocumentKey key, long expected)
    {
        if (expected == 0)
        {
            return Read(database, key) is null;
        }

        var statement = database.Cached(Delete);
        Bind(statement, key);
        statement.Bind(4, expected);
        statement.Execute();
        return database.Changes == 1;
    }

    private static void Bind(SqliteStatement statement, DocumentKey key)
    {
        statement.BindText(1, key.GrainType);
        statement.BindText(2, key.Key);
        statement.BindText(3, key.Name);
    }
}
