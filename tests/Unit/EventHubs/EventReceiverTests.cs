using System.Collections.Immutable;
using Amqp.Types;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Amqp;
using Muster.ConsumerGroups;
using Muster.Events;
using Muster.Log;
using Muster.Routing;
using Muster.Telemetry;
using Orleans.Runtime;
using Xunit;

namespace Muster.EventHubs;

/// <summary>What a link gets of a partition.</summary>
public sealed class EventReceiverTests : IAsyncDisposable
{
    private readonly LogFixture log = LogFixture.Opened();

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task Events_come_in_order_from_the_start_on_and_no_more_than_there_is_credit_for()
    {
        await log.AppendAsync(0, "0", "1", "2", "3", "4");
        var link = Attach(start: 1);

        link.Grant(2);
        await link.SentAsync(2);
        Assert.Equal(["1", "2"], link.Bodies);
        link.Grant(10);
        await link.SentAsync(4);
        await log.AppendAsync(0, "5", "6");
        await link.SentAsync(6);

        Assert.Equal(["1", "2", "3", "4", "5", "6"], link.Bodies);
        Assert.Equal(6, link.Room);
    }

    [Fact]
    public async Task Two_receivers_of_a_partition_each_get_all_of_it()
    {
        string[] bodies = [.. Enumerable.Range(0, 3000).Select(i => $"{i}")];
        await log.AppendAsync(0, bodies);
        var services = Services();
        var (one, other) = (Attach(0, services: services), Attach(0, services: services));
        one.Grant(5000);
        other.Grant(1);
        await one.SentAsync(3000);
        other.Grant(5000);
        await other.SentAsync(3000);

        Assert.Equal(bodies, one.Bodies);
        Assert.Equal(bodies, other.Bodies);
    }

    [Fact]
    public async Task What_was_encoded_once_is_sent_to_all_without_a_copy()
    {
        await log.AppendAsync(0, "one");
        var services = Services();
        var (one, other) = (Attach(0, services: services), Attach(0, services: services));
        one.Grant(1);
        await one.SentAsync(1);
        other.Grant(1);
        await other.SentAsync(1);
        Assert.Same(Assert.Single(one.Sent), Assert.Single(other.Sent));
    }

    [Fact]
    public void Those_whose_group_is_gone_are_orphans()
    {
        var receiver = Receiver(Services(), 0, runtimeInfo: false);
        Assert.Empty(ReceiverLeases.Orphans([receiver], [new ConsumerGroup("other", default), new ConsumerGroup("$default", default)]));
        Assert.Same(receiver, Assert.Single(ReceiverLeases.Orphans([receiver], [new ConsumerGroup("other", default)])));
    }

    [Fact]
    public async Task What_was_trimmed_is_passed_over()
    {
        await log.AppendAsync(0, "old");
        log.Clock.Advance(TimeSpan.FromHours(2));
        await log.AppendAsync(0, "young");
        log.Clock.Advance(log.Options.Retention - TimeSpan.FromHours(1));
        await log.TrimToAsync(0, 1);

        var link = Attach(start: 0);
        link.Grant(5);
        await link.SentAsync(1);
        Assert.Equal(["young"], link.Bodies);
    }

    [Fact]
    public async Task A_group_that_sees_a_part_gets_those_events_alone_and_its_credit_is_for_them()
    {
        await log.AppendAsync(0, "0", "1", "2", "3", "4");
        var link = Attach(start: 0, runtimeInfo: true, services: Services(0, 1, 3));
        link.Grant(2);
        await link.SentAsync(2);

        Assert.Equal(["2", "4"], link.Bodies);
        Assert.Equal(0, link.Room);
    }

    [Fact]
    public async Task Drained_credit_is_given_back_once_there_is_nothing_more()
    {
        await log.AppendAsync(0, "0");
        var link = Attach(start: 0);
        link.Grant(5, drain: true);
        await link.DrainedAsync();
        Assert.Equal(["0"], link.Bodies);
    }

    [Fact]
    public async Task Each_event_says_how_far_the_partition_has_come_if_that_was_asked_for()
    {
        await log.AppendAsync(0, "0", "1");
        var link = Attach(start: 0, runtimeInfo: true);
        link.Grant(2);
        await link.SentAsync(2);

        Assert.All(link.Messages, message => Assert.Equal(1L, message.DeliveryAnnotations[new Symbol("last_enqueued_sequence_number")]));
        Assert.Equal(["0", "1"], link.Bodies);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_ends_the_link_with_an_error_that_SDKs_try_again_after()
    {
        await log.AppendAsync(0, "0");
        await File.WriteAllBytesAsync(log.Segments(0)[0], new byte[64], TestContext.Current.CancellationToken);
        var link = Attach(start: 0);
        link.Grant(1);
        Assert.Equal(LinkConditions.InternalError, (await link.DetachedAsync())?.Condition);
    }

    [Fact]
    public async Task A_link_that_was_stolen_before_it_was_attached_ends_at_once()
    {
        var receiver = Receiver(Services(), 0, runtimeInfo: false);
        receiver.Detach(new LinkError(LinkConditions.Stolen, "another"));
        var link = new FakeSourcePort(receiver);
        receiver.OnAttached(link);
        Assert.Equal(LinkConditions.Stolen, (await link.DetachedAsync())?.Condition);
    }

    private FakeSourcePort Attach(long start, bool runtimeInfo = false, ReceiverServices? services = null)
    {
        var receiver = Receiver(services ?? Services(), start, runtimeInfo);
        var link = new FakeSourcePort(receiver);
        receiver.OnAttached(link);
        return link;
    }

    private static EventReceiver Receiver(ReceiverServices services, long start, bool runtimeInfo) =>
        new(services, new ReceiverSpec(new ReceiverRef(SiloAddress.Zero, 1), "$Default", 0, null, start, runtimeInfo));

    private ReceiverServices Services(params long[] hidden) => new(log.Log, new HidingFilter(hidden), new ReceiverTable(null!, null!), log.Clock, NullLogger<EventReceiver>.Instance);

    /// <summary>Hides the events at some offsets from every group.</summary>
    private sealed class HidingFilter(long[] hidden) : IConsumerGroupFilter
    {
        public bool IsFiltered(string consumerGroup) => hidden.Length > 0;

        public ValueTask<ImmutableArray<StoredEvent>> FilterAsync(
            string consumerGroup, ImmutableArray<StoredEvent> events, CancellationToken cancellationToken) =>
            ValueTask.FromResult(events.RemoveAll(stored => hidden.Contains(stored.Offset)));
    }
}
