namespace Muster.Storage.Sqlite;

/// <summary>A bounded queue between many callers and a few threads that block on it.</summary>
internal sealed class WorkQueue<T>(int capacity)
{
    private readonly object gate = new();
    private readonly Queue<T> items = new();
    private int waiting;
    private bool closed;

    /// <exception cref="StorageBusyException">The queue is full.</exception>
    /// <exception cref="StorageFaultException">The queue is closed.</exception>
    public void Add(T item)
    {
        lock (gate)
        {
            if (closed)
            {
                throw new StorageFaultException("The store is closed.");
            }

            if (items.Count >= capacity)
            {
                throw new StorageBusyException($"{capacity} operations wait for the store already.");
            }

            items.Enqueue(item);
            if (waiting > 0)
            {
                Monitor.Pulse(gate);
            }
        }
    }

    /// <summary>Nothing more is taken in; what is queued is still given out.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits until there is something, then takes what is there, up to <paramref name="batch"/>'s limits. False: closed and empty.</summary>
    public bool Take(List<T> into, BatchLimit<T> batch)
    {
        lock (gate)
        {
            while (items.Count == 0)
            {
                if (closed)
                {
                    return false;
                }

                waiting++;
                Monitor.Wait(gate);
                waiting--;
            }

            var bytes = 0L;
            while (into.Count < batch.Items && items.TryPeek(out var next) && (into.Count == 0 || bytes + batch.Size(next) <= batch.Bytes))
            {
                bytes += batch.Size(next);
                into.Add(items.Dequeue());
            }

            return true;
        }
    }
}

/// <summary>How much one thread takes at once; an item bigger than <paramref name="Bytes"/> goes alone.</summary>
internal sealed record BatchLimit<T>(int Items, long Bytes, Func<T, int> Size)
{
    public static BatchLimit<T> Of(int items) => new(items, long.MaxValue, static _ => 0);
}
