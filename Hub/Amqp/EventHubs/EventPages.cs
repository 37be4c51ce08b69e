using Muster.Routing;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary>
/// Reads the log for receivers. Those that read the same partition at about the same place, mostly at its end, share what was read and encoded: the
/// last two pages of each partition are kept. Thread-safe.
/// </summary>
internal sealed class EventPages(IEventLog log, IConsumerGroupFilter filter)
{
    private const int MaxEvents = 1000;
    private const int MaxBytes = 256 * 1024;
    private readonly Shelf[] shelves = [.. Enumerable.Range(0, log.PartitionCount).Select(_ => new Shelf())];

    /// <summary>
    /// A page that holds the offset, or begins behind it where the events before were trimmed; null at the end. In a group that sees a part only, the other
    /// events are empty.
    /// </summary>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    internal ValueTask<EncodedPage?> ReadAsync(string group, int partition, long offset, CancellationToken cancellationToken) =>
        filter.IsFiltered(group) ? ReadPartAsync(group, partition, offset, cancellationToken) : ReadAllAsync(partition, offset);

    // Not shared: mostly one reads for a group.
    private async ValueTask<EncodedPage?> ReadPartAsync(string group, int partition, long offset, CancellationToken cancellationToken)
    {
        var stored = await log.ReadAsync(partition, offset, MaxEvents, MaxBytes, cancellationToken);
        var seen = await filter.FilterAsync(group, stored, cancellationToken);
        return EncodedPage.From(stored, [.. seen.Select(static e => e.Offset)]);
    }

    private ValueTask<EncodedPage?> ReadAllAsync(int partition, long offset)
    {
        var shelf = shelves[partition];
        lock (shelf)
        {
            if (shelf.Find(offset) is { } page)
            {
                return ValueTask.FromResult<EncodedPage?>(page);
            }

            if (shelf.Reading is { IsCompleted: false } && shelf.ReadingFrom == offset)
            {
                return new(shelf.Reading);
            }

            shelf.ReadingFrom = offset;
            return new(shelf.Reading = ReadFromLogAsync(shelf, partition, offset));
        }
    }

    // Not stopped by the receiver that asked first: others may wait for it too.
    private async Task<EncodedPage?> ReadFromLogAsync(Shelf shelf, int partition, long offset)
    {
        await Task.Yield();
        var page = EncodedPage.From(await log.ReadAsync(partition, offset, MaxEvents, MaxBytes, CancellationToken.None));
        if (page is not null)
        {
            lock (shelf)
            {
                shelf.Put(page);
            }
        }

        return page;
    }

    private sealed class Shelf
    {
        private EncodedPage? newest;
        private EncodedPage? before;

        internal Task<EncodedPage?>? Reading { get; set; }

        internal long ReadingFrom { get; set; }

        internal EncodedPage? Find(long offset) => newest?.Holds(offset) == true ? newest : before?.Holds(offset) == true ? before : null;

        internal void Put(EncodedPage page) => (newest, before) = (page, newest);
    }
}
