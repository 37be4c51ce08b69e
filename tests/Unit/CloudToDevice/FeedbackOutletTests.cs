using System.Collections.Immutable;
using Xunit;

namespace Muster.CloudToDevice;

public sealed class FeedbackOutletTests : IDisposable
{
    private readonly List<ImmutableArray<ServiceRecord>> calls = [];
    private readonly Queue<TaskCompletionSource> ends = [];
    private readonly SemaphoreSlim called = new(0);
    private readonly FeedbackOutlet outlet;

    public FeedbackOutletTests() => outlet = new FeedbackOutlet(CallAsync);

    public void Dispose() => called.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_comes_while_a_call_is_under_way_shares_the_next_one_in_its_order()
    {
        var first = outlet.PutAsync([Record()]);
        await called.WaitAsync(Cancel);
        var records = Enumerable.Range(0, 1000).Select(_ => Record()).ToArray();
        var others = records.Select(record => outlet.PutAsync([record])).ToArray();

        ends.Dequeue().SetResult();
        await first;
        await called.WaitAsync(Cancel);
        Assert.All(others, other => Assert.False(other.IsCompleted));
        ends.Dequeue().SetResult();
        await Task.WhenAll(others);

        Assert.Equal(2, calls.Count);
        Assert.Equal(records, calls[1]);
    }

    [Fact]
    public async Task Whoever_shared_a_call_that_failed_hears_of_it_and_what_came_later_is_taken()
    {
        var first = outlet.PutAsync([Record()]);
        await called.WaitAsync(Cancel);
        var later = outlet.PutAsync([Record()]);
        ends.Dequeue().SetException(new ServiceQueueFullException("full"));

        await Assert.ThrowsAsync<ServiceQueueFullException>(() => first);
        await called.WaitAsync(Cancel);
        ends.Dequeue().SetResult();
        await later;

        var last = outlet.PutAsync([Record()]);
        await called.WaitAsync(Cancel);
        ends.Dequeue().SetResult();
        await last;
        Assert.Equal(3, calls.Count);
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_whole()
    {
        var first = outlet.PutAsync([Record()]);
        await called.WaitAsync(Cancel);
        var waiting = outlet.PutAsync([.. Enumerable.Range(0, FeedbackOutlet.MaxWaiting - 1).Select(_ => Record())]);
        await Assert.ThrowsAsync<ServiceQueueFullException>(() => outlet.PutAsync([Record(), Record()]));

        ends.Dequeue().SetResult();
        await called.WaitAsync(Cancel);
        ends.Dequeue().SetResult();
        await Task.WhenAll(first, waiting);
        Assert.Equal(FeedbackOutlet.MaxWaiting - 1, calls[1].Length);
    }

    private static ServiceRecord Record() => new() { Id = Guid.NewGuid(), At = DateTimeOffset.UnixEpoch, Body = "{}"u8.ToArray() };

    private Task CallAsync(ImmutableArray<ServiceRecord> records)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        calls.Add(records);
        ends.Enqueue(end);
        called.Release();
        return end.Task;
    }
}
