using Xunit;

namespace Muster.CloudToDevice;

public sealed class ServiceQueueBookTests
{
    private static readonly DateTimeOffset Now = new(2031, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ServiceQueueBook book = new();

    public ServiceQueueBookTests() => book.Add(Enumerable.Range(1, 5).Select(i => Record(i)));

    [Fact]
    public void Two_receivers_share_and_never_get_the_same()
    {
        var one = book.Lend(2, Now.AddSeconds(60))!;
        var two = book.Lend(10, Now.AddSeconds(60))!;

        Assert.Equal([1, 2], one.Records.Select(Number));
        Assert.Equal([3, 4, 5], two.Records.Select(Number));
        Assert.Null(book.Lend(1, Now.AddSeconds(60)));
        Assert.Equal([1L, 2L], book.Settle(one.LockToken)!.Value);
        Assert.Null(book.Settle(one.LockToken));
    }

    [Fact]
    public void What_is_known_is_not_taken_in_again()
    {
        book.Lend(2, Now.AddSeconds(60));
        book.Add(Enumerable.Range(1, 6).Select(i => Record(i)));
        Assert.Equal([3, 4, 5, 6], book.Lend(10, Now.AddSeconds(60))!.Records.Select(Number));
    }

    [Fact]
    public void What_is_abandoned_or_kept_for_too_long_comes_again_in_its_place()
    {
        var one = book.Lend(2, Now.AddSeconds(60))!;
        Assert.Empty(book.Abandon(one.LockToken)!.Value);
        var again = book.Lend(3, Now.AddSeconds(60))!;
        Assert.Equal([1, 2, 3], again.Records.Select(Number));
        Assert.Equal(1, again.DeliveryCount);

        Assert.Empty(book.Lapse(Now.AddSeconds(59)));
        Assert.DoesNotContain(1, book.Lend(10, Now.AddSeconds(60))!.Records.Select(Number));
        Assert.Empty(book.Lapse(Now.AddSeconds(60)));
        Assert.Null(book.Settle(again.LockToken));
        Assert.Equal([1, 2, 3, 4, 5], book.Lend(10, Now.AddSeconds(120))!.Records.Select(Number));
    }

    [Fact]
    public void After_ten_deliveries_a_record_is_thrown_away()
    {
        for (var i = 1; i < ServiceQueues.MaxDeliveries; i++)
        {
            Assert.Empty(book.Abandon(book.Lend(1, Now.AddSeconds(60))!.LockToken)!.Value);
        }

        Assert.Equal([1L], book.Abandon(book.Lend(1, Now.AddSeconds(60))!.LockToken)!.Value);
        Assert.Equal(2, Number(book.Lend(1, Now.AddSeconds(60))!.Records[0]));
    }

    [Fact]
    public void A_record_is_lent_for_an_hour_after_it_came_about()
    {
        Assert.Equal([1L, 2L], book.Expire(Now.AddHours(1).AddSeconds(2)));
        Assert.Equal([3, 4, 5], book.Lend(10, Now.AddHours(2))!.Records.Select(Number));
    }

    private static QueuedRecord Record(int number) =>
        new(number, new ServiceRecord { Id = new Guid(number, 0, 0, new byte[8]), At = Now.AddSeconds(number), Body = new byte[] { (byte)number } });

    private static int Number(ServiceRecord record) => record.Body.Span[0];
}
