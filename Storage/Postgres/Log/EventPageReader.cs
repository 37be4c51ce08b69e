using System.Collections.Immutable;
using System.Data;
using Muster.Storage.Log;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres.Log;

/// <summary>Reads pages. In memory is never more than the page and one row.</summary>
internal sealed class EventPageReader(NpgsqlDataSource source)
{
    // The rows are measured before any of their bytes is fetched; the time only tells the server which segments it need not look into.
    private const string Sql = """
        select last_offset, events, enqueued_at, records
        from (
            select last_offset, events, enqueued_at, records,
                sum(octet_length(records)) over (order by last_offset rows between unbounded preceding and current row) - octet_length(records) as before
            from (
                select last_offset, events, enqueued_at, records
                from event_batch
                where partition = $1 and last_offset >= $2 and enqueued_at >= $3
                order by last_offset
                limit $4) near) measured
        where before <= $5
        order by last_offset
        """;

    private readonly Lock gate = new();
    private readonly Place[] lastPlaces = new Place[PartitionHash.EventPartitions];

    /// <exception cref="EventLogException">The database does not answer, or holds what is not an event.</exception>
    internal async Task<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, PageLimit limit, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = source.CreateCommand(Sql);
            command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = fromOffset });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = NotBefore(partition, fromOffset) });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = limit.Events });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = limit.Bytes });
            await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
            var page = new EventPage(partition, fromOffset, limit);
            while (!page.IsFull && await rows.ReadAsync(cancellationToken))
            {
                var (lastOffset, events, enqueuedAt) = (rows.GetInt64(0), rows.GetInt32(1), rows.GetInt64(2));
                page.Add(lastOffset - events + 1, enqueuedAt, await rows.GetFieldValueAsync<byte[]>(3, cancellationToken));
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

internal readonly record struct PageLimit(int Events, int Bytes);

/// <summary>The events of a page, cut from rows.</summary>
internal sealed class EventPage(int partition, long fromOffset, PageLimit limit)
{
    private readonly ImmutableArray<StoredEvent>.Builder events = ImmutableArray.CreateBuilder<StoredEvent>();
    private long bytes;

    internal bool IsFull { get; private set; }

    /// <exception cref="InvalidDataException">These are not records.</exception>
    internal void Add(long firstOffset, long enqueuedAt, ReadOnlySpan<byte> records)
    {
        var time = new DateTimeOffset(enqueuedAt, TimeSpan.Zero);
        for (var offset = firstOffset; !IsFull && RecordFraming.TryTake(ref records, out var record); offset++)
        {
            if (offset < fromOffset)
            {
                continue;
            }

            if (events.Count > 0 && bytes + record.Length > limit.Bytes)
            {
                IsFull = true;
                return;
            }

            events.Add(EventRecord.Decode(record, partition, offset, time));
            bytes += record.Length;
            IsFull = events.Count >= limit.Events;
        }
    }

    internal ImmutableArray<StoredEvent> Take() => events.DrainToImmutable();
}
