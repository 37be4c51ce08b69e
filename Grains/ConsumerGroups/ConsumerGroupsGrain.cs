using System.Collections.Immutable;
using Muster.Events;
using Muster.Storage;
using Muster.Telemetry;

namespace Muster.ConsumerGroups;

[GrainType("consumer-groups")]
internal sealed class ConsumerGroupsGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<ConsumerGroupsState> storage, TimeProvider clock) : Grain, IConsumerGroupsGrain
{
    /// <summary>How long a deletion waits until those who receive in the group are told.</summary>
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    public ValueTask<ImmutableArray<ConsumerGroup>> ListAsync() =>
        ValueTask.FromResult<ImmutableArray<ConsumerGroup>>([ConsumerGroupMachine.Find(storage.State, ConsumerGroupName.Default)!, .. storage.State.Groups]);

    public ValueTask<ConsumerGroup?> GetAsync(string name) => ValueTask.FromResult(ConsumerGroupMachine.Find(storage.State, name));

    public async Task<ConsumerGroupReply> CreateAsync(string name)
    {
        var (next, reply) = ConsumerGroupMachine.Create(storage.State, name, clock.GetUtcNow());
        await SaveAsync(next);
        return reply;
    }

    public async Task<ConsumerGroupReply> DeleteAsync(string name)
    {
        var (next, reply) = ConsumerGroupMachine.Delete(storage.State, name);
        await SaveAsync(next);
        if (reply is ConsumerGroupReply.Accepted { Group: var deleted })
        {
            await CloseReceiversAsync(deleted.Name);
        }

        return reply;
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        storage.RecordExists ? Task.CompletedTask : SaveAsync(new ConsumerGroupsState { CreatedAt = clock.GetUtcNow() });

    // The group is deleted whoever hears of it: the silos detach its receivers too, when they look at the groups next.
    private async Task CloseReceiversAsync(string group)
    {
        var closing = Task.WhenAll(Enumerable.Range(0, PartitionHash.EventPartitions)
            .Select(partition => GrainFactory.GetGrain<IEventReceiversGrain>(EventReceivers.Key(group, partition)).CloseAsync()));
        closing.Ignore();
        await Task.WhenAny(closing, Task.Delay(CloseTime, clock));
    }

    private Task SaveAsync(ConsumerGroupsState next)
    {
        if (storage.RecordExists && ReferenceEquals(next, storage.State))
        {
            return Task.CompletedTask;
        }

        // A write that fails drops the activation.
        storage.State = next;
        return storage.WriteStateAsync();
    }
}
