namespace Muster.Mqtt;

/// <summary>
/// Acknowledgements of one connection, in the order in which its packets came ([MQTT-4.6.0-2]), and the bound on what is in flight.
/// </summary>
internal sealed class AckQueue(Outbox outbox, PublishBatchPool pool, HubOptions options, Action<bool> onFailed)
{
    private readonly Lock gate = new();
    private PublishBatch? head;
    private PublishBatch? tail;
    private int messages;
    private int bytes;
    private bool broken;
    private TaskCompletionSource? room;
    private TaskCompletionSource? idle;

    public bool IsFull => Volatile.Read(ref messages) >= options.MaxInFlightMessages || Volatile.Read(ref bytes) >= options.MaxInFlightBytes;

    /// <summary>Takes the next place in the order; <see cref="Complete"/> is to follow.</summary>
    public void Enqueue(PublishBatch batch)
    {
        lock (gate)
        {
            tail = tail is null ? head = batch : tail.Next = batch;
            messages += batch.Messages;
            bytes += batch.Bytes;
        }
    }

    /// <summary>The batch is durable, or it failed; acknowledges it and those behind it that were waiting for it.</summary>
    public void Complete(PublishBatch batch)
    {
        var sent = SendResult.Accepted;
        bool failed;
        lock (gate)
        {
            batch.Done = true;
            while (head is { Done: true } done)
            {
                head = done.Next;
                tail = head is null ? null : tail;
                messages -= done.Messages;
                bytes -= done.Bytes;
                // Behind a batch that failed nothing is acknowledged: the device sends it all again.
                broken |= done.Failed;
                sent = broken || sent != SendResult.Accepted || done.PacketIds.IsEmpty ? sent : outbox.Answer(new PubAckPackets(done.PacketIds));
                pool.Return(done);
            }

            failed = broken;
            SignalWaiters();
        }

        if (failed || sent == SendResult.Full)
        {
            onFailed(failed);
        }

        outbox.Flush();
    }

    /// <summary>Counts a request that is answered out of order; <see cref="EndRequest"/> is to follow.</summary>
    public void BeginRequest(int size)
    {
        lock (gate)
        {
            messages++;
            bytes += size;
        }
    }

    public void EndRequest(int size)
    {
        lock (gate)
        {
            messages--;
            bytes -= size;
            SignalWaiters();
        }
    }

    /// <summary>Completes once there is room for another message.</summary>
    public Task WaitForRoomAsync()
    {
        lock (gate)
        {
            return IsFull ? (room ??= NewSource()).Task : Task.CompletedTask;
        }
    }

    /// <summary>Completes once nothing is in flight.</summary>
    public Task WaitForIdleAsync()
    {
        lock (gate)
        {
            return messages == 0 ? Task.CompletedTask : (idle ??= NewSource()).Task;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void SignalWaiters()
    {
        if (room is not null && !IsFull)
        {
            room.SetResult();
            room = null;
        }

        if (idle is not null && messages == 0)
        {
            idle.SetResult();
            idle = null;
        }
    }
}
