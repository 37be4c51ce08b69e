using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Telemetry;

namespace Muster.Storage.Log;

/// <summary>
/// The event log as append-only segment files: a folder per partition. A commit is one write and one flush per partition and round; readers
/// see nothing that is not on disk.
/// </summary>
internal sealed partial class SegmentLog : IEventLog, IAsyncDisposable
{
    private static readonly TimeSpan MaintenancePeriod = TimeSpan.FromMinutes(1);
    private readonly LogPartition[] partitions;
    private readonly LogWriter[] writers;
    private readonly ITimer maintenance;

    private SegmentLog(LogPartition[] partitions, LogWriter[] writers, TimeProvider clock)
    {
        (this.partitions, this.writers) = (partitions, writers);
        maintenance = clock.CreateTimer(_ => Array.ForEach(partitions, p => p.RequestMaintenance()), null, MaintenancePeriod, MaintenancePeriod);
    }

    public int PartitionCount => partitions.Length;

    /// <summary>Opens the log in <paramref name="folder"/>, or makes it there; cuts off what a killed process did not finish.</summary>
    /// <param name="hadEvents">
    /// True where offsets may be kept elsewhere: a partition that is missing then starts at the microseconds since 1970, beyond any offset that
    /// it ever gave out, since consumers would take lower ones for what they have handled.
    /// </param>
    /// <exception cref="DataFolderException">The folder is unreadable, damaged, or of another version.</exception>
    internal static SegmentLog Open(string folder, EventLogOptions options, TimeProvider clock, ILogger logger, Func<string, FileMode, SegmentFile>? openFile = null, bool hadEvents = false)
    {
        var firstOffset = hadEvents ? (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : 0;
        var writers = Array.Empty<LogWriter>();
        try
        {
            writers = [.. Enumerable.Range(0, options.Writers).Select(number => new LogWriter(number))];
            var partitions = new LogPartition[PartitionHash.EventPartitions];
            for (var i = 0; i < partitions.Length; i++)
            {
                var files = new PartitionFolder(Path.Combine(folder, $"{i:D2}"), i, openFile ?? ((path, mode) => new SegmentFile(path, mode)));
                partitions[i] = OpenPartition(new PartitionContext(i, files, new AppendQueue(), options, clock, logger), firstOffset, writers[i % writers.Length]);
            }

            SegmentFile.FlushFolder(folder);
            return new SegmentLog(partitions, writers, clock);
        }
        catch (Exception e)
        {
            Array.ForEach(writers, writer => _ = writer.CloseAsync());
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new DataFolderException($"The event log in {folder} cannot be opened: {e.Message}", e);
            }

            throw;
        }
    }

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count)
    {
        var target = Partition(partition);
        return RecordFraming.Count(records.Span) != count || count == 0
            ? throw new ArgumentException($"These are not {count} records.", nameof(records))
            : target.AppendAsync(records, count);
    }

    public async ValueTask<ImmutableArray<StoredEvent>> ReadAsync(
        int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        var committed = Partition(partition).Committed;
        return fromOffset >= committed.Snapshot().NextOffset
            ? []
            : await Task.Run(() => Read(committed, log => new SegmentReader(partition, log, maxEvents, maxBytes).ReadFrom(fromOffset)), cancellationToken);
    }

    public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken) =>
        Partition(partition).Committed.WaitForAsync(offset, cancellationToken);

    public PartitionStatus Describe(int partition)
    {
        var log = Partition(partition).Committed.Snapshot();
        return new PartitionStatus(
            partition, log.FirstOffset, log.NextOffset, log.EnqueuedAt == 0 ? null : new DateTimeOffset(log.EnqueuedAt, TimeSpan.Zero));
    }

    public async ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var committed = Partition(partition).Committed;
        var snapshot = committed.Snapshot();
        return snapshot.EnqueuedAt < from.UtcTicks
            ? snapshot.NextOffset
            : await Task.Run(() => Read(committed, log => new SegmentSearch(partition, log).Find(from.UtcTicks)), cancellationToken);
    }

    /// <summary>Refuses further appends and returns once all that were made are on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await maintenance.DisposeAsync();
        Array.ForEach(partitions, partition => partition.Close());
        await Task.WhenAll(writers.Select(writer => writer.CloseAsync()));
        Array.ForEach(partitions, partition => partition.Dispose());
    }

    private static LogPartition OpenPartition(PartitionContext context, long firstOffset, LogWriter thread)
    {
        var segments = context.Folder.Open(context.Clock.GetUtcNow().UtcTicks, firstOffset);
        if (firstOffset > 0 && segments[0].FirstOffset == firstOffset)
        {
            LogStartsOver(context.Logger, context.Partition, firstOffset);
        }

        var tail = SegmentRecovery.FindTail(segments[^1]);
        var active = context.Folder.OpenForWriting(segments[^1]);
        if (tail.TornBytes > 0)
        {
            active.Truncate(tail.Length);
            active.Flush();
            LogCutTail(context.Logger, context.Partition, tail.TornBytes, tail.NextOffset);
        }

        var committed = new CommittedEvents(segments, tail);
        return new LogPartition(context.Queue, committed, new PartitionWriter(context, committed, active), thread);
    }

    private static T Read<T>(CommittedEvents committed, Func<LogSnapshot, T> read)
    {
        while (true)
        {
            var snapshot = committed.Snapshot();
            try
            {
                return read(snapshot);
            }
            catch (FileNotFoundException) when (committed.Snapshot().FirstOffset > snapshot.FirstOffset)
            {
                // Trimmed between the look and the read: the oldest event is now another one.
            }
        }
    }

    private LogPartition Partition(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, partitions.Length);
        return partitions[partition];
    }
}
