namespace Muster.Storage.Sqlite;

/// <summary>The database file: makes, checks and opens it.</summary>
internal static class SqliteFile
{
    public const string Name = "muster.db";

    /// <summary>The connection that writes; the schema is made, or brought forward, where it is older than this program.</summary>
    /// <exception cref="DataFolderException">Unreadable, not a database, or of another version.</exception>
    public static SqliteDatabase OpenForWriting(string path)
    {
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(path, readOnly: false);
            CheckVersion(database, path);
            database.Execute("PRAGMA journal_mode = WAL");
            database.Execute("PRAGMA synchronous = FULL");

            // The checkpointer does it; the limit gives back what a burst took.
            database.Execute("PRAGMA wal_autocheckpoint = 0");
            database.Execute("PRAGMA journal_size_limit = 67108864");
            database.Execute("PRAGMA cache_size = -32768");
            database.Execute("PRAGMA temp_store = MEMORY");
            BringForward(database);
            return database;
        }
        catch (SqliteFault e)
        {
            database?.Dispose();
            throw new DataFolderException($"The database {path} cannot be opened: {e.Message}", e);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    public static SqliteDatabase OpenForReading(string path)
    {
        var database = SqliteDatabase.Open(path, readOnly: true);
        database.Heed();
        database.Execute("PRAGMA cache_size = -8192");
        database.Execute("PRAGMA temp_store = MEMORY");
        return database;
    }

    private static void BringForward(SqliteDatabase database)
    {
        for (var version = (int)database.Scalar("PRAGMA user_version")!; version < Schema.Version; version++)
        {
            database.Execute($"BEGIN IMMEDIATE; {Schema.Steps[version]} PRAGMA user_version = {version + 1}; COMMIT");
        }
    }

    private static void CheckVersion(SqliteDatabase database, string path)
    {
        var version = database.Scalar("PRAGMA user_version");
        var isKnown = version == 0 ? database.Scalar("SELECT count(*) FROM sqlite_schema") == 0 : version > 0 && version <= Schema.Version;
        if (!isKnown)
        {
            throw new DataFolderException($"The database {path} is of version {version}; this program reads versions up to {Schema.Version}.");
        }
    }
}
