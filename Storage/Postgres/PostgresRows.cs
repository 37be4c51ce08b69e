using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Storage.Postgres;

/// <summary>Runs one statement on a borrowed connection and gathers its rows.</summary>
internal static class PostgresRows
{
    /// <exception cref="StorageFaultException">The server refused or could not be asked.</exception>
    public static async Task<ImmutableArray<T>> ReadAsync<T>(
        NpgsqlDataSource connections, string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = connections.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        try
        {
            return await ReadAsync(command, read, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw PostgresFaults.Translate(e);
        }
    }

    /// <summary>As above on a connection, and in a transaction, of the caller's.</summary>
    public static async Task<ImmutableArray<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(reader, read, cancellationToken);
    }

    public static async Task<ImmutableArray<T>> ReadAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows.DrainToImmutable();
    }

    public static string? TextOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Number(long value) => new() { Value = value };

    public static NpgsqlParameter Array<T>(IEnumerable<T> values, NpgsqlDbType type) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
