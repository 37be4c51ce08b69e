using Xunit;

namespace Muster.EventHubs;

public sealed class EventSelectorTests
{
    [Theory]
    [InlineData("amqp.annotation.x-opt-offset > '-1'", PositionKind.Offset, -1, false)]
    [InlineData("amqp.annotation.x-opt-offset > '@latest'", PositionKind.Latest, 0, false)]
    [InlineData("amqp.annotation.x-opt-offset >= '@latest'", PositionKind.Latest, 0, true)]
    [InlineData("amqp.annotation.x-opt-offset > '123'", PositionKind.Offset, 123, false)]
    [InlineData("amqp.annotation.x-opt-offset >= '123'", PositionKind.Offset, 123, true)]
    [InlineData("amqp.annotation.x-opt-sequence-number > '5'", PositionKind.Offset, 5, false)]
    [InlineData("amqp.annotation.x-opt-sequence-number >= 5", PositionKind.Offset, 5, true)]
    [InlineData("amqp.annotation.x-opt-enqueued-time > '1700000000000'", PositionKind.EnqueuedTime, 1700000000000, false)]
    [InlineData("amqp.annotation.x-opt-enqueued-time >= 1700000000000", PositionKind.EnqueuedTime, 1700000000000, true)]
    [InlineData("  amqp.annotation.x-opt-offset>'7'  ", PositionKind.Offset, 7, false)]
    [InlineData("amqp.annotation.x-opt-offset > \"7\"", PositionKind.Offset, 7, false)]
    public void Each_form_that_SDKs_send_is_understood(string selector, object kind, long value, bool isInclusive)
    {
        Assert.Null(EventSelector.Parse(selector, out var position));
        Assert.Equal(new EventPosition((PositionKind)kind, value, isInclusive), position);
    }

    [Theory]
    [InlineData("", "does not begin with")]
    [InlineData("x-opt-offset > '1'", "does not begin with")]
    [InlineData("amqp.annotation.x-opt-partition-key > '1'", "does not begin with")]
    [InlineData("amqp.annotation.x-opt-offset", "does not begin with")]
    [InlineData("amqp.annotation.x-opt-offset = '1'", "lacks the operator")]
    [InlineData("amqp.annotation.x-opt-offset < '1'", "lacks the operator")]
    [InlineData("amqp.annotation.x-opt-offset > ", "no whole number")]
    [InlineData("amqp.annotation.x-opt-offset > '1.5'", "no whole number")]
    [InlineData("amqp.annotation.x-opt-offset > '1", "no whole number")]
    [InlineData("amqp.annotation.x-opt-offset > '99999999999999999999'", "no whole number")]
    [InlineData("amqp.annotation.x-opt-sequence-number > '@latest'", "no whole number")]
    [InlineData("amqp.annotation.x-opt-offset > '1' AND 1=1", "no whole number")]
    public void Another_text_is_refused_with_what_is_wrong_in_it(string selector, string why) =>
        Assert.Contains(why, EventSelector.Parse(selector, out _), StringComparison.Ordinal);

    [Fact]
    public void A_text_without_end_is_refused_unread() =>
        Assert.Contains("longer", EventSelector.Parse("amqp.annotation.x-opt-offset > '" + new string('1', 1000), out _), StringComparison.Ordinal);
}
