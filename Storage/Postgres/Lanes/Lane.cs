using System.Threading.Channels;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>What a lane takes at once, and keeps waiting.</summary>
internal sealed record LaneLimits(int Rows, int Bytes, int Waiting);

/// <summary>
/// One connection and the queue before it. What has gathered while the last batch was under way is the next batch, so nothing lingers.
/// A connection that is lost is made again; what waits for it longer than the patience fails.
/// </summary>
internal abstract class Lane<T>(LaneConnection connection, LaneLimits limits, LaneGauges gauges)
    where T : class, IQueued
{
    private readonly Channel<T> queue = Channel.CreateBounded<T>(new BoundedChannelOptions(limits.Waiting) { SingleReader = true });
    private readonly HashSet<IdSpan> keys = [];
    private Task running = Task.CompletedTask;
    private volatile bool closed;
    private long taken;
    private long finished;

    protected LaneConnection Connection { get; } = connection;

    /// <summary>What the lane runs, prepared on every connection that it makes.</summary>
    protected abstract IEnumerable<NpgsqlBatchCommand> Statements { get; }

    /// <summary>True if everything that was added has been answered, or is about to be.</summary>
    public bool IsIdle => Volatile.Read(ref finished) == Volatile.Read(ref taken);

    public void Start() => running = RunAsync();

    /// <exception cref="StorageBusyException">The queue is full.</exception>
    /// <exception cref="StorageFaultException">The lane is closed.</exception>
    public void Add(T item)
    {
        item.Since = Connection.Now;
        Interlocked.Increment(ref taken);
        if (queue.Writer.TryWrite(item))
        {
            gauges.Queued(1);
            return;
        }

        Interlocked.Increment(ref finished);
        throw closed
            ? new StorageFaultException("The store is closed.")
            : new StorageBusyException($"{limits.Waiting} operations wait for the database already.");
    }

    /// <summary>Takes nothing more in, finishes what is queued and closes the connection.</summary>
    public async Task CloseAsync()
    {
        closed = true;
        queue.Writer.TryComplete();
        await running;
        await Connection.DisposeAsync();
    }

    /// <summary>Answers every item of the batch, which is the callee's from here on; never throws.</summary>
    protected abstract Task HandleAsync(List<T> batch);

    /// <summary>An open connection; null once nothing of the batch is patient any more, and all of it has failed.</summary>
    protected async ValueTask<NpgsqlConnection?> ConnectAsync<TItem>(List<TItem> batch)
        where TItem : T
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await Connection.OpenAsync(Statements);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException or IOException)
            {
                GiveUp(batch, e);
                if (batch.Count == 0)
                {
                    return null;
                }
            }

            await Connection.PauseAsync(tries);
        }
    }

    private async Task RunAsync()
    {
        while (await queue.Reader.WaitToReadAsync())
        {
            var batch = Take();
            var count = batch.Count;
            await HandleAsync(batch);
            Interlocked.Add(ref finished, count);
        }
    }

    private List<T> Take()
    {
        var batch = new List<T>(Math.Min(limits.Rows, queue.Reader.Count));
        var bytes = 0;
        keys.Clear();
        while (batch.Count < limits.Rows && queue.Reader.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Bytes <= limits.Bytes))
        {
            if (next.IsAlone && !keys.Add(next.Key))
            {
                break;
            }

            queue.Reader.TryRead(out _);
            batch.Add(next);
            bytes += next.Bytes;
        }

        gauges.Queued(-batch.Count);
        return batch;
    }

    // Also those that wait behind the batch: each try may take seconds, and there may be a hundred batches.
    private void GiveUp<TItem>(List<TItem> batch, Exception why)
        where TItem : T
    {
        var answer = new StorageFaultException("The database is away; nothing was done.", why);
        batch.RemoveAll(item =>
        {
            var isLate = Connection.IsImpatient(item);
            if (isLate)
            {
                item.Failed(answer);
            }

            return isLate;
        });
        while (queue.Reader.TryPeek(out var next) && Connection.IsImpatient(next) && queue.Reader.TryRead(out var late))
        {
            gauges.Queued(-1);
            late.Failed(answer);
            Interlocked.Increment(ref finished);
        }
    }
}
