using System.Collections.Immutable;
using Muster.Storage.Log;
using Muster.Telemetry;

namespace Muster.Storage.Postgres.Log;

/// <summary>
/// The event log in PostgreSQL, shared by all silos. Two appenders, each with its own partitions, commit what waits; readers see nothing
/// that is not committed, and every event once all before it are.
/// </summary>
internal sealed class PostgresEventLog : IEventLog, IAsyncDisposable
{
    private const int Appenders = 2;
    private static readonly TimeSpan MaintenancePeriod = TimeSpan.FromMinutes(1);
    private readonly PartitionHead[] heads = [.. Enumerable.Range(0, PartitionHash.EventPartitions).Select(partition => new PartitionHead(partition))];
    private readonly PartitionAppends[] appends = [.. Enumerable.Range(0, PartitionHash.EventPartitions).Select(partition => new PartitionAppends(partition))];
    private readonly CancellationTokenSource stop = new();
    private readonly EventAppender[] appenders;
    private readonly EventSegments segments;
    private readonly EventPageReader reader;
    private readonly HeadLookup lookup;
    private readonly TimeProvider clock;
    private Task background = Task.CompletedTask;

    private PostgresEventLog(PostgresLogContext context)
    {
        clock = context.Clock;
        segments = new EventSegments(context);
        reader = new EventPageReader(context.Source);
        lookup = new HeadLookup(context, heads, reader);
        appenders = [.. Enumerable.Range(0, Appenders).Select(_ => new EventAppender(context, heads, segments))];
    }

    public int PartitionCount => heads.Length;

    /// <summary>Opens the log of a database whose schema is up to date.</summary>
    internal static async Task<PostgresEventLog> OpenAsync(PostgresLogContext context, CancellationToken cancellationToken)
    {
        var log = new PostgresEventLog(context);
        try
        {
            await log.segments.PrepareAsync(cancellationToken);
            await log.lookup.LookAsync(withFirst: true, cancellationToken);
            log.background = Task.WhenAll(new HeadPoller(context, log.lookup).RunAsync(log.stop.Token), log.MaintainAsync());
            return log;
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count)
    {
        CheckPartition(partition);
        if (RecordFraming.Count(records.Span) != count || count == 0)
        {
            throw new ArgumentException($"These are not {count} records.", nameof(records));
        }

        var completion = appends[partition].Add(records, count, out var schedule);
        if (schedule)
        {
            appenders[partition % Appenders].Schedule(appends[partition]);
        }

        return completion;
    }

    public async ValueTask<ImmutableArray<StoredEvent>> ReadAsync(
        int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken)
    {
        CheckPartition(partition);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        var page = await reader.ReadAsync(partition, fromOffset, new PageLimit(maxEvents, maxBytes), cancellationToken);
        if (page.IsEmpty ? fromOffset < heads[partition].Snapshot().NextOffset : page[0].Offset > fromOffset)
        {
            // What the caller asks for was trimmed, perhaps by another silo: where the log begins is to be said right from now on.
            await LookForFirstAsync(cancellationToken);
        }

        return page;
    }

    public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken)
    {
        CheckPartition(partition);
        return heads[partition].WaitForAsync(offset, cancellationToken);
    }

    public PartitionStatus Describe(int partition)
    {
        CheckPartition(partition);
        var head = heads[partition].Snapshot();
        return new PartitionStatus(
            partition, head.FirstOffset, head.NextOffset, head.EnqueuedAt == 0 ? null : new DateTimeOffset(head.EnqueuedAt, TimeSpan.Zero));
    }

    public async ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken)
    {
        CheckPartition(partition);
        var next = heads[partition].Snapshot().NextOffset;
        return await reader.FindAsync(partition, from.UtcTicks, cancellationToken) ?? next;
    }

    /// <summary>Makes segments that will be needed and drops those that are past their time.</summary>
    internal async Task MaintainOnceAsync(CancellationToken cancellationToken)
    {
        await segments.TryPrepareAsync(cancellationToken);
        await segments.TryTrimAsync(cancellationToken);
        try
        {
            await LookForFirstAsync(cancellationToken);
        }
        catch (EventLogException)
        {
            // The poller says so.
        }
    }

    /// <summary>Refuses further appends and returns once all that were made are committed or refused.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Array.ForEach(appends, partition => partition.Close());
        await Task.WhenAll(appenders.Select(appender => appender.CloseAsync()));
        await background;
        stop.Dispose();
    }

    private async Task LookForFirstAsync(CancellationToken cancellationToken)
    {
        try
        {
            await lookup.LookAsync(withFirst: true, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new EventLogException($"The event log could not be read: {e.Message}", e);
        }
    }

    private async Task MaintainAsync()
    {
        using var timer = new PeriodicTimer(MaintenancePeriod, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                await MaintainOnceAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private void CheckPartition(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, heads.Length);
    }
}
