using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One silo's way into the PostgreSQL database that all silos of a cluster share.</summary>
public sealed class PostgresStore : IAsyncDisposable
{
    private PostgresStore(NpgsqlDataSource database)
    {
        Database = database;
    }

    /// <summary>A pool of connections without any particular setting, for what is neither a grain's read nor a grain's write.</summary>
    internal NpgsqlDataSource Database { get; }

    /// <summary>Connects and brings the database to this program's schema.</summary>
    /// <exception cref="StoreUnavailableException">Out of reach, not open to us, or of a newer schema.</exception>
    public static async Task<PostgresStore> OpenAsync(PostgresSettings settings, CancellationToken cancellationToken)
    {
        var connectionString = PostgresConnection.Parse(settings.ConnectionString);
        var database = PostgresConnection.Pool(connectionString, settings);
        try
        {
            await PostgresMigrations.ApplyAsync(database, cancellationToken);
            return new PostgresStore(database);
        }
        catch (NpgsqlException e)
        {
            await database.DisposeAsync();
            throw PostgresConnection.Unavailable(connectionString, e);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Finishes what is queued, then closes all connections.</summary>
    public async ValueTask DisposeAsync() => await Database.DisposeAsync();
}
