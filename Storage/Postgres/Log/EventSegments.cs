using Microsoft.Extensions.Logging;
using Npgsql;

namespace Muster.Storage.Postgres.Log;

/// <summary>
/// Makes the table's partitions ahead of time and drops them when they are old. Every silo does, one at a time: who finds it done has
/// nothing to do.
/// </summary>
internal sealed partial class EventSegments(PostgresLogContext context)
{
    // Any number that nobody else locks by: "mustevnt".
    private const long LockKey = 0x6d75737465766e74;

    // What another silo drops at this moment has neither end nor size.
    private const string Stored = """
        select ends, bytes
        from pg_inherits i join pg_class c on c.oid = i.inhrelid,
            lateral (select (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''(\d+)''\)'))[1]::bigint, pg_total_relation_size(c.oid)) s (ends, bytes)
        where i.inhparent = 'event_batch'::regclass and ends is not null and bytes is not null
        order by ends
        """;

    private const string DatabaseNow = "select (extract(epoch from now()) * 10000000)::bigint + 621355968000000000";
    private readonly ILogger logger = context.Logger;

    /// <summary>Makes what is missing. Does not hold appends up: attaching a table needs no lock that they would wait for.</summary>
    internal async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await context.Source.OpenConnectionAsync(cancellationToken);
        if ((await MissingAsync(connection, cancellationToken)).Count == 0)
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"set local lock_timeout = '10s'; select pg_advisory_xact_lock({LockKey})", cancellationToken);
        foreach (var (from, to) in await MissingAsync(connection, cancellationToken))
        {
            var make = $"""
                create table event_batch_{to} (like event_batch including defaults including storage including indexes);
                alter table event_batch attach partition event_batch_{to} for values from ({from}) to ({to})
                """;
            await ExecuteAsync(connection, make, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>As <see cref="PrepareAsync"/>; false if the database would not.</summary>
    internal async Task<bool> TryPrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNotMaintained(e.Message);
            return false;
        }
    }

    /// <summary>Drops what is past its time, by this silo's clock and by the database's, and the oldest while all is too big.</summary>
    internal async Task TryTrimAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await context.Source.OpenConnectionAsync(cancellationToken);
            var now = Math.Min(context.Clock.GetUtcNow().UtcTicks, await DatabaseNowAsync(connection, cancellationToken));
            var stored = await StoredAsync(connection, cancellationToken);
            var options = context.Options;
            foreach (var segment in SegmentPlan.Surplus(stored, now - options.Retention.Ticks, now - TimeSpan.TicksPerMinute, options.MaxBytes))
            {
                await DropAsync(connection, segment, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNotMaintained(e.Message);
        }
    }

    // Dropping needs the table to itself for a moment. Behind somebody's long query it gives up, so that appends do not queue behind it.
    private async Task DropAsync(NpgsqlConnection connection, StoredSegment segment, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"set local lock_timeout = '500ms'; select pg_advisory_xact_lock({LockKey})", cancellationToken);
        await ExecuteAsync(connection, $"drop table if exists event_batch_{segment.To}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogDropped(new DateTimeOffset(segment.To, TimeSpan.Zero), segment.Bytes);
    }

    private async Task<List<(long From, long To)>> MissingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var stored = await StoredAsync(connection, cancellationToken);
        var now = context.Clock.GetUtcNow().UtcTicks;
        return [.. SegmentPlan.Missing(stored.Count == 0 ? 0 : stored[^1].To, now, context.Options.SegmentAge.Ticks)];
    }

    private static async Task<List<StoredSegment>> StoredAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var segments = new List<StoredSegment>();
        await using var command = new NpgsqlCommand(Stored, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            segments.Add(new StoredSegment(rows.GetInt64(0), rows.GetInt64(1)));
        }

        return segments;
    }

    private static async Task<long> DatabaseNowAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(DatabaseNow, connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(EventId = 7123, Level = LogLevel.Warning, Message = "The event log's segments could not be put in order, and it is tried again: {Reason}")]
    private partial void LogNotMaintained(string reason);

    [LoggerMessage(EventId = 7124, Level = LogLevel.Information, Message = "The event log dropped a segment: all in it were older than {EndedAt:u}, {Bytes} bytes")]
    private partial void LogDropped(DateTimeOffset endedAt, long bytes);
}
