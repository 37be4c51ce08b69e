using System.Collections.Immutable;
using Muster.Storage.Log;
using Muster.Telemetry;

namespace Muster.Storage.Postgres.Log;

internal readonly record struct PageLimit(int Events, int Bytes);

/// <summary>The events of a page, cut from rows.</summary>
internal sealed class EventPage(int partition, long fromOffset, PageLimit limit)
{
    private readonly ImmutableArray<StoredEvent>.Builder events = ImmutableArray.CreateBuilder<StoredEvent>();
    private long bytes;
    private int rows;

    internal int Partition { get; } = partition;

    internal long NextOffset { get; private set; } = fromOffset;

    internal bool IsFull { get; private set; }

    /// <summary>How many rows will fill the page if they are like those before; 0 if it is full.</summary>
    internal int RowsToGo(int most) => IsFull ? 0 : (int)Math.Clamp(
        Math.Min((limit.Events - events.Count) * (long)rows / Math.Max(1, events.Count), (limit.Bytes - bytes) * rows / Math.Max(1, bytes)) + 1, 1, most);

    /// <exception cref="InvalidDataException">These are not records.</exception>
    internal void Add(long firstOffset, long enqueuedAt, ReadOnlySpan<byte> records)
    {
        if (events.Count > 0 && firstOffset > NextOffset)
        {
            // What stood between was dropped while this page was read: what follows belongs to the next one.
            IsFull = true;
            return;
        }

        rows++;
        var time = new DateTimeOffset(enqueuedAt, TimeSpan.Zero);
        for (var offset = firstOffset; !IsFull && RecordFraming.TryTake(ref records, out var record); offset++)
        {
            if (offset < NextOffset)
            {
                continue;
            }

            if (events.Count > 0 && bytes + record.Length > limit.Bytes)
            {
                IsFull = true;
                return;
            }

            events.Add(EventRecord.Decode(record, Partition, offset, time));
            bytes += record.Length;
            NextOffset = offset + 1;
            IsFull = events.Count >= limit.Events;
        }
    }

    internal ImmutableArray<StoredEvent> Take() => events.DrainToImmutable();
}
