namespace Muster.Amqp;

/// <summary>
/// Bytes of one connection that something still has to be done with. Whoever brings more waits while there are too many. Thread-safe.
/// </summary>
/// <param name="stop">Bytes from which <see cref="WaitAsync"/> waits.</param>
/// <param name="resume">And to which they have to fall before it goes on.</param>
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

    /// <summary>At once while there is room; else when there is again.</summary>
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
