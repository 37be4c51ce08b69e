namespace Muster.Amqp;

/// <summary>
/// Bytes of a connection that are not done with: payload given to the library and not yet written to the client, or messages of the client that are not
/// settled. The library queues both without limit, so what reads ahead has to wait. Thread-safe.
/// </summary>
/// <param name="stop">From here on it waits.</param>
/// <param name="resume">And goes on here.</param>
internal sealed class Backlog(int stop, int resume)
{
    private readonly Lock gate = new();
    private long bytes;
    private TaskCompletionSource? room;
    private bool ended;

    public long Bytes => Volatile.Read(ref bytes);

    public void Add(long count)
    {
        lock (gate)
        {
            bytes += count;
        }
    }

    /// <summary>They were written, or settled.</summary>
    public void Remove(long count)
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            bytes -= count;
            if (bytes <= resume)
            {
                (waiting, room) = (room, null);
            }
        }

        waiting?.TrySetResult();
    }

    /// <summary>Nobody waits any more.</summary>
    public void End()
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            ended = true;
            (waiting, room) = (room, null);
        }

        waiting?.TrySetResult();
    }

    /// <summary>At once below the stop; else when the resume is reached, or nobody waits any more.</summary>
    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (ended || (room is null && bytes < stop))
            {
                return default;
            }

            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(room.Task);
        }
    }
}
