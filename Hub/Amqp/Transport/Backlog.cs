namespace Muster.Amqp;

/// <summary>
/// Payload bytes given to the library and not yet written to the client: the library queues without limit, so what reads ahead has to wait. Thread-safe.
/// </summary>
internal sealed class Backlog
{
    private readonly Lock gate = new();
    private long bytes;
    private TaskCompletionSource? room;
    private bool ended;

    public long Bytes => Volatile.Read(ref bytes);

    public void Add(int count)
    {
        lock (gate)
        {
            bytes += count;
        }
    }

    public void Written(int count)
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            bytes -= count;
            if (bytes <= AmqpLimits.BacklogResume)
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

    /// <summary>At once below <see cref="AmqpLimits.BacklogStop"/>; else when <see cref="AmqpLimits.BacklogResume"/> is reached.</summary>
    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (ended || (room is null && bytes < AmqpLimits.BacklogStop))
            {
                return default;
            }

            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(room.Task);
        }
    }
}
