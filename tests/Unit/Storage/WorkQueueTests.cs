using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Storage;

public sealed class WorkQueueTests
{
    [Fact]
    public void A_full_queue_refuses_and_takes_again_once_something_was_taken()
    {
        var queue = new WorkQueue<int>(2);
        queue.Add(1);
        queue.Add(2);
        Assert.Throws<StorageBusyException>(() => queue.Add(3));
        Assert.Equal([1], Take(queue, new BatchLimit<int>(1, long.MaxValue, _ => 0)));
        queue.Add(3);
        Assert.Equal([2, 3], Take(queue, BatchLimit<int>.Of(10)));
    }

    [Fact]
    public void A_batch_ends_before_the_item_that_would_pass_its_bytes()
    {
        var queue = new WorkQueue<int>(10);
        foreach (var size in new[] { 40, 60, 1, 500, 1 })
        {
            queue.Add(size);
        }

        var limit = new BatchLimit<int>(10, 100, size => size);
        Assert.Equal([40, 60], Take(queue, limit));
        Assert.Equal([1], Take(queue, limit));
        Assert.Equal([500], Take(queue, limit));
        Assert.Equal([1], Take(queue, limit));
    }

    [Fact]
    public void A_closed_queue_gives_out_what_it_has_and_then_ends()
    {
        var queue = new WorkQueue<int>(10);
        queue.Add(1);
        queue.Close();
        Assert.Throws<StorageFaultException>(() => queue.Add(2));
        Assert.Equal([1], Take(queue, BatchLimit<int>.Of(10)));
        Assert.False(queue.Take([], BatchLimit<int>.Of(10)));
    }

    private static List<int> Take(WorkQueue<int> queue, BatchLimit<int> limit)
    {
        var taken = new List<int>();
        Assert.True(queue.Take(taken, limit));
        return taken;
    }
}
