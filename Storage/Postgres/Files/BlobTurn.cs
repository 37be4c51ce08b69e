using System.Data;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One blob's last step of a write, the one that is seen: a transaction that no other silo's step for the blob runs beside. Rolled back unless committed.</summary>
internal sealed class BlobTurn : IAsyncDisposable
{
    private readonly NpgsqlTransaction transaction;
    private readonly SemaphoreSlim stripe;

    private BlobTurn(NpgsqlTransaction transaction, NpgsqlConnection connection, SemaphoreSlim stripe) =>
        (this.transaction, Connection, this.stripe) = (transaction, connection, stripe);

    internal NpgsqlConnection Connection { get; }

    /// <param name="stripe">What steps of this process for the blob wait for first, so that they do not wait with a connection each.</param>
    internal static async Task<BlobTurn> BeginAsync(NpgsqlDataSource database, SemaphoreSlim stripe, string name, CancellationToken cancellationToken)
    {
        await stripe.WaitAsync(cancellationToken);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await database.OpenConnectionAsync(cancellationToken);
            var turn = new BlobTurn(await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken), connection, stripe);
            await turn.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended($1, 7))", cancellationToken, name);
            return turn;
        }
        catch
        {
            stripe.Release();
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }

            throw;
        }
    }

    internal NpgsqlCommand Command(string sql, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, Connection, transaction);
        foreach (var value in values)
        {
            command.Parameters.Add(value is null
                ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }
                : new NpgsqlParameter { Value = value });
        }

        return command;
    }

    internal async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal async Task<long> ReadNumberAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = Command(sql, values);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    internal Task CommitAsync(CancellationToken cancellationToken) => transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync();
            await Connection.DisposeAsync();
        }
        finally
        {
            stripe.Release();
        }
    }
}
