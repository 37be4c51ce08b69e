using System.Text;
using Muster.Devices;
using Muster.Errors;
using Muster.Telemetry;
using Xunit;

namespace Muster.CloudToDevice;

public sealed class CloudQueueMachineTests
{
    private static readonly DateTimeOffset Now = new(2031, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CloudToDeviceOptions Options = new();

    [Fact]
    public void A_message_comes_out_as_it_went_in()
    {
        var message = new CloudMessage
        {
            MessageId = "m-1",
            CorrelationId = "",
            UserId = null,
            To = "/devices/d/messages/devicebound",
            ContentType = "text/plain",
            ContentEncoding = "utf-8",
            ExpiresAt = Now.AddMinutes(5),
            Ack = FeedbackLevel.Full,
            Properties = [new("k", "v=✓&"), new("empty", ""), new("none", null)],
            Body = new byte[] { 0, 255, 10 },
        };

        var read = Assert.Single(new CloudQueue(Enqueued(message).Messages).Messages).Read();

        Assert.Equal(message with { Properties = [], Body = default }, read with { Properties = [], Body = default });
        Assert.Equal(message.Properties, read.Properties);
        Assert.Equal(message.Body.ToArray(), read.Body.ToArray());
    }

    [Fact]
    public void An_empty_queue_is_nothing()
    {
        var state = Enqueued(Message("a"));
        Assert.Null(CloudQueueMachine.End(state, Ids(state)[0], MessageEnd.Success, null, Now).Messages);
    }

    [Fact]
    public void Messages_stay_in_order_whichever_leaves_and_their_numbers_rise()
    {
        var state = Enqueued([.. Enumerable.Range(0, 10).Select(i => Message($"{i}"))]);
        foreach (var at in new[] { 4, 0, 7 })
        {
            state = CloudQueueMachine.End(state, Ids(state)[at], MessageEnd.Success, null, Now);
        }

        var left = new CloudQueue(state.Messages).Messages.ToArray();
        Assert.Equal(["1", "2", "3", "5", "6", "7", "8"], left.Select(message => message.MessageId));
        Assert.Equal(left.Select(message => message.Sequence).Distinct().Order(), left.Select(message => message.Sequence));
        Assert.Equal(7, new CloudQueue(state.Messages).Count);
    }

    [Fact]
    public void The_fifty_first_message_is_refused_and_fits_once_another_has_left()
    {
        var state = Enqueued([.. Enumerable.Range(0, 50).Select(i => Message($"{i}"))]);
        var refused = Assert.IsType<QueueMove.Refused>(Enqueue(state, Message("51")));
        Assert.Equal(HubErrorCode.DeviceMaximumQueueDepthExceeded, refused.Why.Code);

        state = CloudQueueMachine.End(state, Ids(state)[0], MessageEnd.Success, null, Now);

        Assert.IsType<QueueMove.Moved>(Enqueue(state, Message("51")));
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(5, 5)]
    [InlineData(60, 60)]
    [InlineData(600, 60)]
    public void A_message_lives_as_long_as_its_sender_says_and_no_longer_than_the_hub_allows(int? asked, int minutes)
    {
        var state = Enqueued(Message("a") with { ExpiresAt = asked is { } given ? Now.AddMinutes(given) : null });

        Assert.Equal(Now.AddMinutes(minutes), Assert.Single(new CloudQueue(state.Messages).Messages).ExpiresAt);
        Assert.Equal(Now.AddMinutes(minutes), state.NextDeadline);
        Assert.Same(state, Sweep(state, Now.AddMinutes(minutes).AddTicks(-1)));
        Assert.Null(Sweep(state, Now.AddMinutes(minutes)).Messages);
    }

    [Theory]
    [InlineData(FeedbackLevel.None, false, false)]
    [InlineData(FeedbackLevel.Positive, true, false)]
    [InlineData(FeedbackLevel.Negative, false, true)]
    [InlineData(FeedbackLevel.Full, true, true)]
    public void Feedback_is_what_the_sender_asked_for(FeedbackLevel ack, bool positive, bool negative)
    {
        foreach (var end in Enum.GetValues<MessageEnd>())
        {
            var state = Enqueued(Message("m") with { Ack = ack });
            var id = Ids(state)[0];

            var next = CloudQueueMachine.End(state, id, end, null, Now.AddSeconds(3));

            FeedbackRecord[] expected = (end == MessageEnd.Success ? positive : negative) ? [new(id, Now.AddSeconds(3), end, "m")] : [];
            Assert.Equal(expected, Feedback(next));
        }
    }

    [Fact]
    public void Each_end_is_told_by_its_name()
    {
        var state = Enqueued(Message("late") with { ExpiresAt = Now.AddSeconds(1) }, Message("purged"), Message("unnamed") with { MessageId = null });
        state = Sweep(state, Now.AddSeconds(1));
        var number = new CloudQueue(state.Messages).Messages.Last().Sequence;
        state = CloudQueueMachine.Purge(state, Now.AddSeconds(2));

        Assert.Null(state.Messages);
        Assert.Equal(
            [("late", MessageEnd.Expired), ("purged", MessageEnd.Purged), ($"{number}", MessageEnd.Purged)],
            Feedback(state).Select(record => (record.MessageId, record.End)));
    }

    [Fact]
    public void A_message_is_given_up_once_it_was_delivered_ten_times_and_nobody_has_it()
    {
        var (state, locks) = (Enqueued(Message("a"), Message("b")), new MessageLocks());
        for (var delivery = 0; delivery < 10; delivery++)
        {
            Assert.Same(state, Sweep(state, Now, locks));
            var first = new CloudQueue(state.Messages).Messages.First();
            Assert.Equal(delivery, locks.Take(first, 0, Now.AddSeconds(60)).DeliveryCount);
            Assert.Same(state, Sweep(state, Now, locks));
            locks.Release(first.Id);
        }

        var next = Sweep(state, Now, locks);
        Assert.Equal(["b"], new CloudQueue(next.Messages).Messages.Select(message => message.MessageId));
        Assert.Equal(("a", MessageEnd.DeliveryCountExceeded), Feedback(next).Select(record => (record.MessageId, record.End)).Single());
    }

    [Fact]
    public void Deliveries_are_stored_with_whatever_is_stored_next()
    {
        var (state, locks) = (Enqueued(Message("a"), Message("b")), new MessageLocks());
        locks.Take(new CloudQueue(state.Messages).Messages.First(), 7, null);

        var sent = Assert.IsType<QueueMove.Moved>(Enqueue(state, Message("c"), locks)).Next;
        var settled = CloudQueueMachine.End(sent, Ids(sent)[1], MessageEnd.Success, locks, Now);

        Assert.Equal([0, 0], new CloudQueue(state.Messages).Messages.Select(message => message.Deliveries));
        Assert.Equal([1, 0, 0], new CloudQueue(sent.Messages).Messages.Select(message => message.Deliveries));
        Assert.Equal([1, 0], new CloudQueue(settled.Messages).Messages.Select(message => message.Deliveries));
    }

    [Fact]
    public void Feedback_brings_its_own_deadline_and_leaves_when_it_has_arrived()
    {
        var state = Enqueued(Message("a"));
        var ended = CloudQueueMachine.End(state, Ids(state)[0], MessageEnd.Success, null, Now);

        Assert.Equal(Now + CloudQueueMachine.FeedbackTime, ended.NextDeadline);
        Assert.Same(ended, CloudQueueMachine.WithoutFeedback(ended, new HashSet<Guid> { Guid.NewGuid() }));
        Assert.Null(CloudQueueMachine.WithoutFeedback(ended, new HashSet<Guid>(Ids(state))).Feedback);
    }

    [Fact]
    public void Feedback_that_does_not_get_out_holds_further_messages_back()
    {
        var state = new DeviceState();
        for (var i = 0; i < CloudQueueMachine.MaxFeedback; i++)
        {
            state = Assert.IsType<QueueMove.Moved>(Enqueue(state, Message($"{i}"))).Next;
            state = CloudQueueMachine.End(state, Ids(state)[0], MessageEnd.Success, null, Now);
        }

        Assert.Equal(HubErrorCode.ThrottlingException, Assert.IsType<QueueMove.Refused>(Enqueue(state, Message("x"))).Why.Code);
    }

    [Fact]
    public void A_deadline_that_comes_early_enough_is_left_where_it_is()
    {
        var state = Enqueued(Message("a") with { ExpiresAt = Now.AddMinutes(1) }, Message("b"));
        Assert.Equal(Now.AddMinutes(1), state.NextDeadline);
        state = CloudQueueMachine.End(state, Ids(state)[0], MessageEnd.Rejected, null, Now);
        Assert.Equal(Now + CloudQueueMachine.FeedbackTime, state.NextDeadline);
    }

    [Theory]
    [InlineData(64 * 1024 - 8, true)]
    [InlineData(64 * 1024 - 7, false)]
    public void A_message_has_at_most_64_KB_with_its_properties(int bytes, bool fits)
    {
        var message = new CloudMessage { MessageId = "1234", Properties = [new("ab", "cd")], Body = new byte[bytes] };
        Assert.Equal(fits ? null : HubErrorCode.MessageTooLarge, CloudMessageRules.WhyNot(message)?.Code);
    }

    [Fact]
    public void What_no_topic_could_hold_is_refused()
    {
        var wide = new CloudMessage { Properties = [new("k", new string('✓', 6000))] };
        var named = new CloudMessage { MessageId = new string('m', 129) };
        var nameless = new CloudMessage { Properties = [new EventProperty("", "v")] };
        Assert.Equal(HubErrorCode.MessageTooLarge, CloudMessageRules.WhyNot(wide)?.Code);
        Assert.Equal(HubErrorCode.ArgumentInvalid, CloudMessageRules.WhyNot(named)?.Code);
        Assert.Equal(HubErrorCode.ArgumentInvalid, CloudMessageRules.WhyNot(nameless)?.Code);
    }

    private static CloudMessage Message(string id) => new() { MessageId = id, Ack = FeedbackLevel.Full, Body = Encoding.UTF8.GetBytes($"body of {id}") };

    private static QueueMove Enqueue(DeviceState state, CloudMessage message, MessageLocks? locks = null) =>
        CloudQueueMachine.Enqueue(state, message, Guid.NewGuid(), Options, locks, Now);

    private static DeviceState Enqueued(params CloudMessage[] messages) =>
        messages.Aggregate(new DeviceState(), (state, message) => Assert.IsType<QueueMove.Moved>(Enqueue(state, message)).Next);

    private static DeviceState Sweep(DeviceState state, DateTimeOffset now, MessageLocks? locks = null) => CloudQueueMachine.Sweep(state, Options, locks, now);

    private static Guid[] Ids(DeviceState state) => [.. new CloudQueue(state.Messages).Messages.Select(message => message.Id)];

    private static FeedbackRecord[] Feedback(DeviceState state) => [.. new FeedbackOutbox(state.Feedback).Records];
}
