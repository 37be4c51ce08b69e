using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Devices;

namespace Muster.Storage.Sqlite;

/// <summary>
/// The embedded store of one process: one database file in the data folder, which is locked while the store is open. Silos of one process
/// may share a store.
/// </summary>
public sealed class SqliteStore : IAsyncDisposable
{
    private const int WaitingReads = 65_536;
    private const int WaitingQueries = 256;
    private const int WaitingLookups = 4096;

    private readonly DataFolder? ownFolder;
    private readonly SqliteCheckpointer checkpointer;
    private bool closed;

    private SqliteStore(DataFolder folder, bool ownsFolder, TimeProvider clock, ILogger logger)
    {
        ownFolder = ownsFolder ? folder : null;
        var path = Path.Combine(folder.Path, SqliteFile.Name);
        var database = SqliteFile.OpenForWriting(path);
        ForgetSessions(database, clock, path);
        checkpointer = new SqliteCheckpointer(SqliteFile.OpenForWriting(path), new CheckpointLimits(), logger);
        Writer = new SqliteWriter(database, checkpointer, clock, logger);
        Rows = new SqliteReaders(() => SqliteFile.OpenForReading(path), threads: 2, batch: 128, WaitingReads);
        Queries = new SqliteReaders(() => SqliteFile.OpenForReading(path), threads: QueryThreads, batch: 1, WaitingQueries);
        Lookups = new SqliteReaders(() => SqliteFile.OpenForReading(path), threads: 1, batch: 32, WaitingLookups);
    }

    /// <summary>How many questions over the fleet SQLite runs at once.</summary>
    internal static int QueryThreads { get; } = Math.Clamp(Environment.ProcessorCount / 2, 2, 8);

    internal SqliteWriter Writer { get; }

    /// <summary>Connections for rows by key.</summary>
    internal SqliteReaders Rows { get; }

    /// <summary>Connections for what may take long.</summary>
    internal SqliteReaders Queries { get; }

    /// <summary>A connection for questions that are short by nature, and must not wait for long ones.</summary>
    internal SqliteReaders Lookups { get; }

    /// <summary>
    /// Opens the store, making it if the folder is new. Sessions of the process before are gone, so their rows become disconnected.
    /// </summary>
    /// <exception cref="DataFolderException">The folder or the database is unreadable, of another version, or in use.</exception>
    public static SqliteStore Open(string dataFolder, TimeProvider clock, ILoggerFactory? loggers = null)
    {
        var folder = DataFolder.Open(dataFolder);
        try
        {
            return new SqliteStore(folder, ownsFolder: true, clock, Logger(loggers));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>True if the folder holds the database of an earlier run.</summary>
    public static bool Exists(string dataFolder) => File.Exists(Path.Combine(dataFolder, SqliteFile.Name));

    /// <summary>As above, in a folder that the caller has opened and closes after the store.</summary>
    public static SqliteStore Open(DataFolder folder, TimeProvider clock, ILoggerFactory? loggers = null) =>
        new(folder, ownsFolder: false, clock, Logger(loggers));

    /// <summary>Finishes what is queued, then closes the files and unlocks the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (closed)
        {
            return;
        }

        closed = true;
        await Writer.CloseAsync();
        await Rows.CloseAsync();
        await Queries.CloseAsync();
        await Lookups.CloseAsync();
        checkpointer.Dispose();
        ownFolder?.Dispose();
    }

    /// <summary>Reads the row after everything that this process wrote before.</summary>
    internal Task<DeviceState?> ReadAsync(IdSpan key, IGrainState<DeviceState> target)
    {
        var read = new DeviceRead(key, target, Rows);
        if (Writer.IsIdle)
        {
            Rows.Add(read);
        }
        else
        {
            Writer.Add(read);
        }

        return read.Answer;
    }

    private static ILogger Logger(ILoggerFactory? loggers) => (loggers ?? NullLoggerFactory.Instance).CreateLogger<SqliteStore>();

    private static void ForgetSessions(SqliteDatabase database, TimeProvider clock, string path)
    {
        try
        {
            using var forget = database.Prepare(DeviceSql.ForgetSessions);
            forget.Bind(1, clock.GetUtcNow().UtcTicks);
            forget.Execute();
        }
        catch (SqliteFault e)
        {
            database.Dispose();
            throw new DataFolderException($"The database {path} cannot be written: {e.Message}", e);
        }
    }
}
