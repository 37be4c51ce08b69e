using System.Collections.Concurrent;
using Muster.Events;

namespace Muster.EventHubs;

/// <summary>The silo's receiver links, and those that are about to be. Thread-safe.</summary>
internal sealed class ReceiverTable(ILocalSiloDetails silo, IGrainFactory grains)
{
    private readonly ConcurrentDictionary<long, EventReceiver> receivers = new();
    private long lastId;

    internal ReceiverRef NewReference() => new(silo.SiloAddress, Interlocked.Increment(ref lastId));

    internal IEnumerable<EventReceiver> Snapshot() => receivers.Select(static entry => entry.Value);

    internal EventReceiver? Find(long linkId) => receivers.GetValueOrDefault(linkId);

    /// <summary>Before the grain hears of it, so that it can be told of its end at any time.</summary>
    internal void Add(EventReceiver receiver) => receivers[receiver.Spec.Reference.LinkId] = receiver;

    /// <summary>The link is gone, or never came to be; its grain is told.</summary>
    internal void Remove(EventReceiver receiver)
    {
        if (receivers.TryRemove(receiver.Spec.Reference.LinkId, out _))
        {
            GrainOf(receiver.Spec).ReleaseAsync(receiver.Spec.Reference).Ignore();
        }
    }

    internal IEventReceiversGrain GrainOf(ReceiverSpec spec) => grains.GetGrain<IEventReceiversGrain>(EventReceivers.Key(spec.Group, spec.Partition));
}
