using System.Data;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One blob's last step of a write, the one that is seen: a transaction that no other silo's step for the blob runs beside. Rolled back unless committed.</summary>
internal sealed class BlobTurn : IAsyncDisposable
{
    private readonly NpgsqlTransaction transaction;

    private BlobTurn(NpgsqlTransaction transaction, NpgsqlConnection connection) => (this.transaction, Connection) = (transaction, connection);

    internal NpgsqlConnection Connection { get; }

    internal static async Task<BlobTurn> BeginAsync(NpgsqlDataSource database, string name, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var turn = new BlobTurn(await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken), connection);
            await turn.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended($1, 7))", cancellationToken, name);
            return turn;
        }
        catch
        {
            await connection.DisposeAsync();
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

    internal Task CommitAsync(CancellationToken cancellationToken) => transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
