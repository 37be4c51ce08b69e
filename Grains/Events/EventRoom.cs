namespace Muster.Events;

/// <summary>Bytes of events that wait; who has more waits until there is room. Thread-safe.</summary>
/// <param name="max">From here on it waits.</param>
internal sealed class EventRoom(long max)
{
    private readonly Lock gate = new();
    private long taken;
    private TaskCompletionSource? room;
    private bool isOver;

    /// <summary>Takes the bytes once there are fewer than the most; at once after the end.</summary>
    internal async ValueTask TakeAsync(long bytes)
    {
        while (TryTake(bytes) is { } wait)
        {
            await wait;
        }
    }

    internal void Give(long bytes)
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            taken -= bytes;
            if (taken < max)
            {
                (waiting, room) = (room, null);
            }
        }

        waiting?.TrySetResult();
    }

    /// <summary>Nobody waits any more.</summary>
    internal void End()
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            isOver = true;
            (waiting, room) = (room, null);
        }

        waiting?.TrySetResult();
    }

    private Task? TryTake(long bytes)
    {
        lock (gate)
        {
            if (taken < max || isOver)
            {
                taken += bytes;
                return null;
            }

            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task;
        }
    }
}
