using System.Collections.Immutable;

namespace Muster.Events;

[GrainType("event-receivers")]
internal sealed class EventReceiversGrain(IReceiverHosts hosts, TimeProvider clock) : Grain, IEventReceiversGrain
{
    private ImmutableArray<HeldReceiver> held = [];

    public Task<ReceiverReply> AttachAsync(ReceiverRef receiver, long? epoch)
    {
        var asking = new HeldReceiver(receiver, epoch, clock.GetUtcNow());
        return Task.FromResult(Take(ReceiverMachine.Attach(Living(asking.RenewedAt), asking), asking));
    }

    public Task<ReceiverReply> RenewAsync(ReceiverRef receiver, long? epoch)
    {
        var asking = new HeldReceiver(receiver, epoch, clock.GetUtcNow());
        return Task.FromResult(Take(ReceiverMachine.Renew(Living(asking.RenewedAt), asking), asking));
    }

    public Task ReleaseAsync(ReceiverRef receiver)
    {
        held = ReceiverMachine.Release(held, receiver);
        if (held.IsEmpty)
        {
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    public Task CloseAsync()
    {
        End(Living(clock.GetUtcNow()), ReceiverEnd.GroupDeleted, "The consumer group was deleted.");
        held = [];
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private ImmutableArray<HeldReceiver> Living(DateTimeOffset now) => ReceiverMachine.Living(held, now, hosts.IsDead);

    private ReceiverReply Take(in ReceiverMove move, in HeldReceiver asking)
    {
        held = move.Next;
        if (!move.Ended.IsEmpty)
        {
            End(move.Ended, ReceiverEnd.Stolen,
                $"New receiver with higher epoch of '{asking.Epoch}' is created hence current receiver with epoch '{move.Ended.Max(static one => one.Epoch) ?? 0}' " +
                "is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.");
        }

        return move.Reply;
    }

    // Whom the word does not reach learns it when it renews.
    private void End(ImmutableArray<HeldReceiver> ended, ReceiverEnd end, string message)
    {
        foreach (var one in ended)
        {
            hosts.At(one.Receiver.Silo).DetachAsync(one.Receiver.LinkId, end, message).Ignore();
        }
    }
}
