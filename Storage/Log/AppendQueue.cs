using Muster.Telemetry;

namespace Muster.Storage.Log;

/// <summary>
/// Appends of one partition that wait for their writer. The queue needs no bound of its own: an append holds none of the log's memory, and
/// whoever made it waits until it is on disk.
/// </summary>
internal sealed class AppendQueue
{
    private const int MaxPooled = 256;
    private readonly Lock gate = new();
    private AppendOperation? first;
    private AppendOperation? last;
    private AppendOperation? pool;
    private int pooled;
    private bool scheduled;
    private bool closed;

    /// <summary>True in <paramref name="schedule"/> if the writer has to be told.</summary>
    internal ValueTask Add(ReadOnlyMemory<byte> records, int count, out bool schedule)
    {
        lock (gate)
        {
            if (closed)
            {
                throw new EventLogException("The event log is closed.", null);
            }

            var operation = pool ?? new AppendOperation(this);
            if (pool is not null)
            {
                pool = operation.Next;
                operation.Next = null;
                pooled--;
            }

            var completion = operation.Begin(records, count);
            if (last is null)
            {
                first = operation;
            }
            else
            {
                last.Next = operation;
            }

            last = operation;
            schedule = !scheduled;
            scheduled = true;
            return completion;
        }
    }

    /// <summary>True if the writer has to be told of work that is not an append.</summary>
    internal bool Schedule()
    {
        lock (gate)
        {
            return !scheduled && (scheduled = true);
        }
    }

    /// <summary>All that waits, in order; null if nothing does. What is added from now on needs to be scheduled again.</summary>
    internal AppendOperation? TakeAll()
    {
        lock (gate)
        {
            var taken = first;
            (first, last, scheduled) = (null, null, false);
            return taken;
        }
    }

    /// <summary>Refuses appends from now on; those that wait are still taken.</summary>
    internal void Close()
    {
        lock (gate)
        {
            closed = true;
        }
    }

    internal void Return(AppendOperation operation)
    {
        lock (gate)
        {
            if (pooled < MaxPooled)
            {
                operation.Next = pool;
                pool = operation;
                pooled++;
            }
        }
    }
}
