namespace Muster.Storage.Sqlite;

/// <summary>Keeps the tag index in step with the rows, inside the transaction that changes them. Touches only what differs.</summary>
internal sealed class TagIndex(SqliteDatabase database)
{
    public const string Insert = "INSERT OR IGNORE INTO tag_index (path, kind, value, device) VALUES (?1, ?2, ?3, ?4)";

    public const string Delete = "DELETE FROM tag_index WHERE path = ?1 AND kind = ?2 AND value = ?3 AND device = ?4";

    public void Change(long device, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        var old = TagEntry.Of(before);
        var current = TagEntry.Of(after);
        foreach (var entry in old)
        {
            if (!current.Contains(entry))
            {
                Run(Delete, device, entry);
            }
        }

        foreach (var entry in current)
        {
            if (!old.Contains(entry))
            {
                Run(Insert, device, entry);
            }
        }
    }

    private void Run(string sql, long device, TagEntry entry)
    {
        var statement = database.Cached(sql);
        statement.BindText(1, entry.Path);
        statement.Bind(2, (long)entry.Kind);
        switch (entry.Value)
        {
            case string text:
                statement.BindText(3, text);
                break;
            case long whole:
                statement.Bind(3, whole);
                break;
            case double real:
                statement.Bind(3, real);
                break;
        }

        statement.Bind(4, device);
        statement.Execute();
    }
}
