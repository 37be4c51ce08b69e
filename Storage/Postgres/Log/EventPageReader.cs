using System.Collections.Immutable;
using System.Data;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres.Log;

/// <summary>Reads pages. In memory is never more than the page and one row.</summary>
internal sealed class EventPageReader(NpgsqlDataSource source)
{
    // The time only tells the server which segments it need not look into.
    private const string Sql = """
        select last_offset, events, enqueued_at, records
        from event_batch
        where partition = $1 and last_offset >= $2 and enqueued_at >= $3
        order by last_offset
        limit $4
        """;

    // Times never fall within a partition, so the first row that is young enough is the oldest such.
    private const string FindSql = """
        select last_offset - events + 1
        from event_batch
        where partition = $1 and enqueued_at >= $2
        order by last_offset
        limit 1
        """;

    private const int FirstRows = 32;
    private const int MaxRows = 1000;
    private readonly Lock gate = new();
    private readonly Place[] lastPlaces = new Place[PartitionHash.EventPartitions];

    /// <exception cref="EventLogException">The database does not answer, or holds what is not an event.</exception>
    internal async Task<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, PageLimit limit, CancellationToken cancellationToken)
    {
        try
        {
            var page = new EventPage(partition, fromOffset, limit);
            for (var rows = FirstRows; rows > 0;)
            {
                rows = await ReadRowsAsync(page, rows, cancellationToken) < rows ? 0 : page.RowsToGo(MaxRows);
            }

            return Noted(page.Take());
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ObjectDisposedException)
        {
            throw new EventLogException($"Event log partition {partition} could not be read: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new EventLogException($"Event log partition {partition} holds, behind offset {fromOffset}, what is not understood: {e.Message}", e);
        }
    }

    /// <summary>The first offset that was enqueued at that time, in ticks, or later; null if there is none.</summary>
    /// <exception cref="EventLogException">The database does not answer.</exception>
    internal async Task<long?> FindAsync(int partition, long enqueuedAt, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = source.CreateCommand(FindSql);
            command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = enqueuedAt });
            return await command.ExecuteScalarAsync(cancellationToken) as long?;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ObjectDisposedException)
        {
            throw new EventLogException($"Event log partition {partition} could not be searched: {e.Message}", e);
        }
    }

    /// <summary>Adds rows to the page until it is full, and says how many there were.</summary>
    private async Task<int> ReadRowsAsync(EventPage page, int rows, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)page.Partition });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = page.NextOffset });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = NotBefore(page.Partition, page.NextOffset) });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = rows });
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        var read = 0;
        for (; !page.IsFull && await reader.ReadAsync(cancellationToken); read++)
        {
            var (lastOffset, events, enqueuedAt) = (reader.GetInt64(0), reader.GetInt32(1), reader.GetInt64(2));
            page.Add(lastOffset - events + 1, enqueuedAt, await reader.GetFieldValueAsync<byte[]>(3, cancellationToken));
        }

        return read;
    }

    /// <summary>The log went back: what is read from now on need not be younger than what was read before.</summary>
    internal void Forget()
    {
        lock (gate)
        {
            Array.Clear(lastPlaces);
        }
    }

    private long NotBefore(int partition, long fromOffset)
    {
        lock (gate)
        {
            var last = lastPlaces[partition];
            return last.Offset <= fromOffset ? last.EnqueuedAt : 0;
        }
    }

    // Times never fall within a partition, so whoever reads on looks into no older segment than the one that the last page ended in.
    private ImmutableArray<StoredEvent> Noted(ImmutableArray<StoredEvent> page)
    {
        if (page is [.., var last])
        {
            lock (gate)
            {
                lastPlaces[last.Partition] = new Place(last.Offset, last.EnqueuedAt.UtcTicks);
            }
        }

        return page;
    }

    private readonly record struct Place(long Offset, long EnqueuedAt);
}
