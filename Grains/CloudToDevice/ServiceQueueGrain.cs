using System.Collections.Immutable;
using Muster.Storage;

namespace Muster.CloudToDevice;

/// <summary>Lends records to receivers and writes what comes in batches: while one is written, the next gathers.</summary>
[GrainType("service-queue")]
internal sealed class ServiceQueueGrain(IServiceQueueStore store, TimeProvider clock) : Grain, IServiceQueueGrain, IStoreCaller
{
    /// <summary>Records that wait at most; about as many as a gigabyte holds.</summary>
    private const long MaxWaiting = 1_000_000;

    private const int MaxKnown = 8192;
    private const int Page = 1024;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(1);

    /// <summary>An id is remembered for longer than a record may be sent again, by clocks that differ.</summary>
    private static readonly TimeSpan Memory = ServiceRecord.TimeToLive + TimeSpan.FromMinutes(5);

    private readonly ServiceQueueBook book = new();
    private readonly HashSet<long> dropping = [];
    private readonly HashSet<long> droppedMeanwhile = [];
    private List<ServiceRecord> gathering = [];
    private Task? appending;
    private Task? nextAppend;
    private Task? reading;
    private TaskCompletionSource? arrived;
    private DateTimeOffset forgottenAt;
    private long waiting;
    private bool hasMore = true;

    private string Queue => this.GetPrimaryKeyString();

    public async Task PutAsync(ImmutableArray<ServiceRecord> records)
    {
        await ForgetAsync();
        if (waiting + gathering.Count + records.Length > MaxWaiting)
        {
            throw new ServiceQueueFullException($"{MaxWaiting} records wait in {Queue}, and nobody reads them.");
        }

        var now = clock.GetUtcNow();
        gathering.AddRange(records.Where(record => record.At + ServiceRecord.TimeToLive > now));
        await (nextAppend ??= AppendNextAsync(appending));
    }

    public async Task<LockedRecords?> ReceiveAsync(int max, TimeSpan wait)
    {
        wait = wait > MaxWait ? MaxWait : wait;
        max = Math.Clamp(max, 1, ServiceQueues.MaxBatch);
        await ForgetAsync();
        for (var started = clock.GetTimestamp(); ;)
        {
            await RefillAsync();
            if (book.Lend(max, clock.GetUtcNow() + ServiceQueues.LockTime) is { } records)
            {
                return records;
            }

            var left = wait - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            await ArrivesAsync(left);
        }
    }

    public async Task<bool> SettleAsync(Guid lockToken, MessageOutcome outcome)
    {
        await DropAsync(book.Lapse(clock.GetUtcNow()));
        var settled = outcome == MessageOutcome.Abandon ? book.Abandon(lockToken) : book.Settle(lockToken);
        if (settled is not { } positions)
        {
            return false;
        }

        await DropAsync(positions);
        if (outcome == MessageOutcome.Abandon)
        {
            Wake();
        }

        return true;
    }

    // Whoever comes while one batch is written goes into the next.
    private async Task AppendNextAsync(Task? before)
    {
        // So that the field is set before this goes on.
        await Task.Yield();
        if (before is not null)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        (appending, nextAppend) = (nextAppend, null);
        var batch = gathering;
        gathering = [];
        if (batch.Count == 0)
        {
            return;
        }

        var positions = await AppendAsync(batch);
        var added = positions.Select((position, i) => new QueuedRecord(position, batch[i])).Where(static record => record.Position > 0).ToArray();
        waiting += added.Length;
        if (hasMore || added.Length < batch.Count || book.Count + added.Length > MaxKnown)
        {
            hasMore = true;
        }
        else
        {
            book.Add(added);
        }

        Wake();
    }

    // What is not known to be stored may be, as may be what was there already: the next read shows it.
    private async Task<ImmutableArray<long>> AppendAsync(List<ServiceRecord> batch)
    {
        try
        {
            return await store.AppendAsync(Queue, batch, CancellationToken.None);
        }
        catch
        {
            hasMore = true;
            Wake();
            throw;
        }
    }

    private async Task RefillAsync()
    {
        var now = clock.GetUtcNow();
        await DropAsync(book.Lapse(now));
        await DropAsync(book.Expire(now));
        if (!book.HasFree && hasMore)
        {
            await (reading ??= ReadAsync());
            await DropAsync(book.Expire(now));
        }
    }

    private async Task ReadAsync()
    {
        // So that the field is set before this goes on.
        await Task.Yield();
        hasMore = false;
        try
        {
            var limit = book.Count + Page;
            var records = await store.ReadAsync(Queue, 0, limit, CancellationToken.None);
            book.Add(records.Where(record => !dropping.Contains(record.Position) && !droppedMeanwhile.Contains(record.Position)));
            hasMore |= records.Length == limit;
        }
        catch
        {
            hasMore = true;
            throw;
        }
        finally
        {
            reading = null;
            droppedMeanwhile.Clear();
        }
    }

    // What is read meanwhile may still show them.
    private async Task DropAsync(IReadOnlyList<long> positions)
    {
        if (positions.Count == 0)
        {
            return;
        }

        dropping.UnionWith(positions);
        try
        {
            await store.SettleAsync(Queue, positions, CancellationToken.None);
            waiting = Math.Max(0, waiting - positions.Count);
            droppedMeanwhile.UnionWith(reading is null ? [] : positions);
        }
        catch
        {
            hasMore = true;
            throw;
        }
        finally
        {
            dropping.ExceptWith(positions);
        }
    }

    private async Task ForgetAsync()
    {
        var now = clock.GetUtcNow();
        if (now - forgottenAt >= ForgetEvery)
        {
            forgottenAt = now;
            waiting = await store.ForgetAsync(Queue, now - Memory, CancellationToken.None);
        }
    }

    private async Task ArrivesAsync(TimeSpan atMost)
    {
        var now = clock.GetUtcNow();
        var lapse = book.NextLapse - now;
        atMost = lapse < atMost ? lapse.Value : atMost;
        arrived ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await arrived.Task.WaitAsync(atMost > TimeSpan.Zero ? atMost : TimeSpan.FromMilliseconds(1), clock);
        }
        catch (TimeoutException)
        {
            // Then there is nothing, or something that was lent for too long.
        }
    }

    private void Wake()
    {
        arrived?.TrySetResult();
        arrived = null;
    }
}
