using Muster.Fleet;
using Muster.Query;
using Muster.Storage.Query;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Storage.Postgres;

/// <summary>Runs one statement that reads, and says what an error means to the caller.</summary>
internal static class PostgresRead
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <param name="connections">Where to borrow a connection.</param>
    /// <param name="query">What to run.</param>
    /// <param name="read">Takes from the reader what it wants; the rest is passed over.</param>
    /// <param name="cancellationToken">Also ends the statement in the server.</param>
    /// <exception cref="FleetBusyException">The statement took too long, or the server has no room.</exception>
    /// <exception cref="StorageFaultException">The server could not be asked.</exception>
    public static async Task<T> RunAsync<T>(
        NpgsqlDataSource connections, CompiledQuery query, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = connections.CreateCommand(query.Sql);
            command.Parameters.AddRange(query.Parameters.Values.Select(Parameter).ToArray());
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await read(reader);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Meaning(e);
        }
    }

    private static NpgsqlParameter Parameter(object value) => value switch
    {
        long number => new NpgsqlParameter<long> { TypedValue = number },
        double number => new NpgsqlParameter<double> { TypedValue = number },
        string text => new NpgsqlParameter<string> { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text },
        int[] numbers => new NpgsqlParameter<int[]> { TypedValue = numbers },
        string[] texts => new NpgsqlParameter<string[]> { TypedValue = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        JsonContainment document => new NpgsqlParameter<string> { TypedValue = document.Json, NpgsqlDbType = NpgsqlDbType.Jsonb },
        _ => throw new NotSupportedException(value.GetType().Name),
    };

    private static Exception Meaning(Exception why) => why switch
    {
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } =>
            new FleetBusyException("The query was stopped because it took too long: narrow its condition, or try again later.", RetryAfter),

        // No connection, no memory, no room for temporary files.
        PostgresException { SqlState: ['5', '3', ..] } => new FleetBusyException("The database has no room for more queries now. Try again later.", RetryAfter),
        PostgresException { SqlState: PostgresErrorCodes.StatementTooComplex } => new QueryException("The query nests too deeply.", -1),
        PostgresException refused => new StorageFaultException($"The database could not be read: {refused.MessageText.ReplaceLineEndings(" ")}", why),
        _ => new StorageFaultException($"The database could not be asked: {why.Message.ReplaceLineEndings(" ")}", why),
    };
}
