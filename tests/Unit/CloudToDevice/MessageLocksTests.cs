using Xunit;

namespace Muster.CloudToDevice;

public sealed class MessageLocksTests
{
    private static readonly DateTimeOffset Now = new(2031, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly MessageLocks locks = new();
    private readonly CloudQueue queue;

    public MessageLocksTests() => queue = new CloudQueue(new CloudQueue(null).With(
        new CloudMessage { MessageId = "m" }, new MessageStamp(Guid.NewGuid(), 1, Now, Now.AddHours(1)), null));

    private QueuedMessage Message => queue.Messages.Single();

    [Fact]
    public void A_lock_of_limited_time_lapses_and_its_token_with_it()
    {
        var token = locks.Take(Message, 0, Now.AddSeconds(60)).LockToken;

        Assert.True(locks.IsHeld(Message.Id, 0, Now.AddSeconds(59)));
        Assert.True(locks.Opens(token, Message.Id, Now.AddSeconds(59)));
        Assert.False(locks.IsHeld(Message.Id, 0, Now.AddSeconds(60)));
        Assert.False(locks.Opens(token, Message.Id, Now.AddSeconds(60)));
    }

    [Fact]
    public void The_next_lapse_is_that_of_a_lock_of_limited_time_that_somebody_has()
    {
        Assert.Null(locks.NextLapse(Now));
        var lent = locks.Take(Message, 0, Now.AddSeconds(60));

        Assert.Equal(Now.AddSeconds(60), locks.NextLapse(Now));
        Assert.Null(locks.NextLapse(Now.AddSeconds(60)));
        locks.Untake(lent);
        Assert.Null(locks.NextLapse(Now));
        locks.Take(Message, 7, null);
        Assert.Null(locks.NextLapse(Now));
    }

    [Fact]
    public void A_sessions_lock_lasts_as_long_as_the_session_but_its_token_until_another_is_lent()
    {
        var token = locks.Take(Message, 7, null).LockToken;

        Assert.True(locks.IsHeld(Message.Id, 7, Now.AddDays(1)));
        Assert.False(locks.IsHeld(Message.Id, 8, Now));
        Assert.True(locks.Opens(token, Message.Id, Now));
        Assert.NotEqual(token, locks.Take(Message, 8, null).LockToken);
        Assert.False(locks.Opens(token, Message.Id, Now));
    }

    [Fact]
    public void A_token_settles_its_message_after_the_locks_were_lost_and_no_other()
    {
        var token = locks.Take(Message, 7, null).LockToken;
        var lost = new MessageLocks();

        Assert.True(lost.Opens(token, Message.Id, Now));
        Assert.False(lost.Opens(Guid.NewGuid(), Message.Id, Now));
        Assert.False(lost.IsHeld(Message.Id, 7, Now));
    }

    [Fact]
    public void What_was_given_back_undelivered_does_not_count()
    {
        locks.Untake(locks.Take(Message, 7, null));
        Assert.False(locks.IsHeld(Message.Id, 7, Now));
        Assert.Equal(0, locks.Deliveries(Message));
        locks.Take(Message, 7, null);
        locks.Release(Message.Id);
        Assert.Equal(1, locks.Deliveries(Message));
    }

    [Fact]
    public void What_left_the_queue_is_forgotten()
    {
        locks.Take(Message, 7, null);
        locks.Keep(new CloudQueue(null));
        Assert.Equal(0, locks.CountHeldBy(7, queue.Messages));
    }
}
