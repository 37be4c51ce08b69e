using Muster.Mqtt;
using Xunit;

namespace Muster.Amqp;

public sealed class LinkOutboxTests
{
    [Fact]
    public void What_the_client_has_no_room_for_waits_in_order()
    {
        var (outbox, port) = (new LinkOutbox(10, 1000), new RoomPort());
        Assert.Equal(SendResult.Accepted, outbox.Send([1]));
        outbox.Open(port);
        port.Room = 2;
        outbox.Send([2]);
        Assert.Empty(port.Sent);
        outbox.Flush();
        outbox.Send([3]);
        Assert.Equal([1, 2], port.Sent);
        port.Room = 5;
        outbox.Flush();
        outbox.Send([4]);
        Assert.Equal([1, 2, 3, 4], port.Sent);
    }

    [Fact]
    public void What_nobody_needs_any_more_is_not_sent()
    {
        var (outbox, port) = (new LinkOutbox(10, 1000), new RoomPort());
        outbox.Open(port);
        outbox.Send([1], () => true);
        outbox.Send([2], () => false);
        port.Room = 2;
        outbox.Flush();
        Assert.Equal([2], port.Sent);
    }

    [Fact]
    public void Too_much_is_refused_and_a_message_alone_is_never_too_large()
    {
        var many = new LinkOutbox(2, 1000);
        Assert.Equal([SendResult.Accepted, SendResult.Accepted, SendResult.Full], [many.Send([1]), many.Send([2]), many.Send([3])]);
        var large = new LinkOutbox(10, 5);
        Assert.Equal([SendResult.Accepted, SendResult.Full], [large.Send(new byte[9]), large.Send([1])]);
    }

    [Fact]
    public void A_link_that_is_gone_takes_nothing()
    {
        var (outbox, port) = (new LinkOutbox(10, 1000), new RoomPort { Room = 5 });
        outbox.Open(port);
        port.Detach(null);
        Assert.Equal(SendResult.Closed, outbox.Send([1]));
    }
}
