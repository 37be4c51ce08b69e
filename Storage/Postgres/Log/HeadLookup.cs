using Microsoft.Extensions.Logging;

namespace Muster.Storage.Postgres.Log;

/// <summary>Looks at all partitions' heads in the database at once: how a silo hears of what the others appended.</summary>
internal sealed partial class HeadLookup(PostgresLogContext context, PartitionHead[] heads, EventPageReader reader)
{
    private const string Heads = "select partition, next_offset, enqueued_at, 0::bigint from event_head";

    private const string HeadsWithFirst = """
        select partition, next_offset, enqueued_at, coalesce(
            (select b.last_offset - b.events + 1 from event_batch b where b.partition = h.partition order by b.last_offset limit 1), next_offset)
        from event_head h
        """;

    private const int TimeoutSeconds = 10;
    private readonly ILogger logger = context.Logger;

    /// <summary>True if there was anything that this silo did not know of.</summary>
    /// <param name="withFirst">Find out about the oldest events too, which costs more.</param>
    internal async Task<bool> LookAsync(bool withFirst, CancellationToken cancellationToken)
    {
        await using var command = context.Source.CreateCommand(withFirst ? HeadsWithFirst : Heads);
        command.CommandTimeout = TimeoutSeconds;
        var before = Array.ConvertAll(heads, head => head.Snapshot());
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var news = false;
        while (await rows.ReadAsync(cancellationToken))
        {
            var partition = rows.GetInt16(0);
            var seen = new HeadSnapshot(rows.GetInt64(3), rows.GetInt64(1), rows.GetInt64(2));
            news |= seen.NextOffset > heads[partition].Snapshot().NextOffset;
            if (!heads[partition].Seen(seen, before[partition]))
            {
                reader.Forget();
                LogWentBack(partition, before[partition].NextOffset, seen.NextOffset);
            }
        }

        return news;
    }

    [LoggerMessage(EventId = 7125, Level = LogLevel.Error,
        Message = "Event log partition {Partition} went back from offset {From} to {To}: the database was put back to an earlier state")]
    private partial void LogWentBack(int partition, long from, long to);
}
