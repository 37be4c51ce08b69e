using Muster.ConsumerGroups;
using Muster.Fixture;
using Xunit;

namespace Muster.Events;

/// <summary>Who reads a partition is known in the whole cluster.</summary>
public sealed class ReceiversTests(ClusterFixture fixture)
{
    private readonly string group = $"g-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_receiver_is_detached_by_its_own_silo_when_one_on_another_takes_its_place()
    {
        var grain = Grain(0);
        var (older, newer) = (Receiver(0), Receiver(1));
        Assert.IsType<ReceiverReply.Granted>(await grain.AttachAsync(older, 1));
        Assert.IsType<ReceiverReply.Granted>(await grain.AttachAsync(newer, 2));

        await Eventually.HoldsAsync("the older one is detached", () => fixture.Receivers.Detached.GetValueOrDefault(older, (ReceiverEnd)(-1)) == ReceiverEnd.Stolen);
        Assert.Equal(ReceiverEnd.Stolen, Assert.IsType<ReceiverReply.Refused>(await grain.RenewAsync(older, 1)).End);
        Assert.IsType<ReceiverReply.Granted>(await grain.RenewAsync(newer, 2));
    }

    [Fact]
    public async Task A_receiver_that_was_released_keeps_nobody_out()
    {
        var grain = Grain(1);
        var first = Receiver(0);
        Assert.IsType<ReceiverReply.Granted>(await grain.AttachAsync(first, 9));
        Assert.IsType<ReceiverReply.Refused>(await grain.AttachAsync(Receiver(1), null));
        await grain.ReleaseAsync(first);
        Assert.IsType<ReceiverReply.Granted>(await grain.AttachAsync(Receiver(1), null));
    }

    [Fact]
    public async Task Partitions_and_groups_do_not_know_of_each_other()
    {
        Assert.IsType<ReceiverReply.Granted>(await Grain(2).AttachAsync(Receiver(0), 5));
        Assert.IsType<ReceiverReply.Granted>(await Grain(3).AttachAsync(Receiver(0), 1));
        Assert.IsType<ReceiverReply.Granted>(await fixture.Cluster.Client.GetGrain<IEventReceiversGrain>(EventReceivers.Key("other" + group, 2)).AttachAsync(Receiver(0), null));
    }

    [Fact]
    public async Task Deleting_a_group_detaches_those_who_read_in_it()
    {
        var groups = fixture.Cluster.Client.GetGrain<IConsumerGroupsGrain>(0);
        Assert.True(Assert.IsType<ConsumerGroupReply.Accepted>(await groups.CreateAsync(group)).IsNew);
        Assert.False(Assert.IsType<ConsumerGroupReply.Accepted>(await groups.CreateAsync(group.ToUpperInvariant())).IsNew);
        Assert.Contains(await groups.ListAsync(), one => one.Name == group);
        var receiver = Receiver(2);
        await Grain(7).AttachAsync(receiver, null);

        Assert.IsType<ConsumerGroupReply.Accepted>(await groups.DeleteAsync(group));

        await Eventually.HoldsAsync("the receiver is detached", () => fixture.Receivers.Detached.GetValueOrDefault(receiver, (ReceiverEnd)(-1)) == ReceiverEnd.GroupDeleted);
        Assert.Null(await groups.GetAsync(group));
    }

    private IEventReceiversGrain Grain(int partition) => fixture.Cluster.Client.GetGrain<IEventReceiversGrain>(EventReceivers.Key(group, partition));

    private ReceiverRef Receiver(int silo) => new(fixture.Cluster.Silos[silo].SiloAddress, Random.Shared.NextInt64());
}
