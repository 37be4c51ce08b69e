using Muster.Telemetry;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Storage.Postgres.Log;

/// <summary>
/// The one statement that appends, on a connection of its own. Being one, it holds the heads' locks only while the server works on it: a
/// process that freezes half-way through sending it keeps nobody waiting.
/// </summary>
internal sealed class AppendStatement : IAsyncDisposable
{
    private const int TimeoutSeconds = 10;

    // Locked in order of number before any is changed, so that two appenders can never wait for each other.
    private const string Sql = """
        with held as materialized (
            select partition, next_offset, enqueued_at from event_head where partition = any(@partitions) order by partition for update),
        moved as (
            update event_head h
            set next_offset = held.next_offset + a.events, enqueued_at = greatest(held.enqueued_at, @now)
            from held join unnest(@partitions, @totals) a(partition, events) on a.partition = held.partition
            where h.partition = held.partition
            returning h.partition, h.next_offset, h.enqueued_at),
        stored as (
            insert into event_batch (partition, last_offset, events, enqueued_at, records)
            select m.partition, m.next_offset - r.behind - 1, r.events, m.enqueued_at, r.records
            from unnest(@row_partitions, @row_events, @row_behind, @row_records) r(partition, events, behind, records)
            join moved m on m.partition = r.partition)
        select partition, next_offset, enqueued_at from moved
        """;

    private readonly NpgsqlConnection connection;
    private readonly NpgsqlCommand command;

    private AppendStatement(NpgsqlConnection connection)
    {
        this.connection = connection;
        command = new NpgsqlCommand(Sql, connection)
        {
            CommandTimeout = TimeoutSeconds,
            Parameters =
            {
                new("partitions", NpgsqlDbType.Array | NpgsqlDbType.Smallint),
                new("totals", NpgsqlDbType.Array | NpgsqlDbType.Integer),
                new("now", NpgsqlDbType.Bigint),
                new("row_partitions", NpgsqlDbType.Array | NpgsqlDbType.Smallint),
                new("row_events", NpgsqlDbType.Array | NpgsqlDbType.Integer),
                new("row_behind", NpgsqlDbType.Array | NpgsqlDbType.Integer),
                new("row_records", NpgsqlDbType.Array | NpgsqlDbType.Bytea),
            },
        };
    }

    internal static async Task<AppendStatement> OpenAsync(NpgsqlDataSource source)
    {
        var statement = new AppendStatement(await source.OpenConnectionAsync());
        try
        {
            // How much a round carries changes nothing about how it is best carried out.
            await using var settings = new NpgsqlCommand("set plan_cache_mode = force_generic_plan", statement.connection);
            await settings.ExecuteNonQueryAsync();
            await statement.command.PrepareAsync();
            return statement;
        }
        catch
        {
            await statement.DisposeAsync();
            throw;
        }
    }

    /// <summary>Commits the round and tells the heads of it.</summary>
    internal async Task RunAsync(AppendRound round, long now, PartitionHead[] heads)
    {
        object[] values = [round.Partitions, round.Totals, now, round.RowPartitions, round.RowEvents, round.RowEventsBehind, round.RowRecords];
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        var moved = new List<(short Partition, long NextOffset, long EnqueuedAt)>(round.Partitions.Count);
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                moved.Add((reader.GetInt16(0), reader.GetInt64(1), reader.GetInt64(2)));
            }

            // The rows come before the commit; disposing alone would not tell of one that failed.
            await reader.NextResultAsync();
        }

        if (moved.Count != round.Partitions.Count)
        {
            throw new EventLogException("Partitions are missing from event_head; what was appended to them is not stored.", null);
        }

        moved.ForEach(head => heads[head.Partition].Appended(head.NextOffset, head.EnqueuedAt));
    }

    public async ValueTask DisposeAsync()
    {
        await command.DisposeAsync();
        await connection.DisposeAsync();
    }
}
