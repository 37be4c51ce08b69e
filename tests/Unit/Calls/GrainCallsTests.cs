using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using Xunit;

namespace Muster.Calls;

public sealed class GrainCallsTests
{
    private readonly FakeTimeProvider clock = new();
    private int attempts;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_did_not_run_is_repeated_after_a_pause_until_it_does()
    {
        var call = new GrainCalls(clock).CallAsync("d", Repeat.IfNotRun, () => Answer(after: 3, Rejections.New()), Cancel);
        Assert.Equal(1, attempts);
        clock.Advance(GrainCalls.Pause - TimeSpan.FromTicks(1));
        Assert.Equal(1, attempts);
        Assert.Equal(7, await AdvanceUntilAsync(call));
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task What_may_have_run_is_repeated_only_where_that_does_no_harm()
    {
        var calls = new GrainCalls(clock);
        await Assert.ThrowsAsync<TimeoutException>(() => calls.CallAsync("d", Repeat.IfNotRun, () => Answer(after: 2, new TimeoutException()), Cancel));
        Assert.Equal(1, attempts);
        attempts = 0;
        Assert.Equal(7, await AdvanceUntilAsync(calls.CallAsync("d", Repeat.Always, () => Answer(after: 2, new TimeoutException()), Cancel)));
    }

    [Fact]
    public async Task A_change_of_membership_ends_the_pause()
    {
        var change = new TaskCompletionSource();
        var call = new GrainCalls(clock, () => change.Task).CallAsync("d", Repeat.Always, () => Answer(after: 2, new SiloUnavailableException("x")), Cancel);
        Assert.False(call.IsCompleted);
        change.SetResult();
        Assert.Equal(7, await call);
    }

    [Fact]
    public async Task The_budget_ends_it_with_the_last_fault_and_a_cancellation_that_nobody_asked_for_becomes_a_time_out()
    {
        var calls = new GrainCalls(clock);
        var rejected = calls.CallAsync("d", Repeat.Always, () => Answer(after: int.MaxValue, Rejections.New()), Cancel);
        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => AdvanceUntilAsync(rejected));
        Assert.InRange(attempts, 2, 1 + (GrainCalls.Budget / GrainCalls.Pause));
        attempts = 0;
        await Assert.ThrowsAsync<TimeoutException>(() => calls.CallAsync("d", Repeat.IfNotRun, () => Answer(after: 2, new OperationCanceledException()), Cancel));
    }

    [Fact]
    public async Task Calls_to_a_target_that_does_not_answer_are_bounded_and_others_go_on()
    {
        var never = new TaskCompletionSource<int>();
        var calls = new GrainCalls(clock, laneOf: key => key);
        var hanging = Enumerable.Range(0, GrainCalls.MaxSlowCalls + 1).Select(_ => calls.CallAsync("dead", Repeat.Always, () => never.Task, Cancel)).ToArray();
        clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<LimitExceededException>(() => calls.CallAsync("dead", Repeat.Always, () => Task.FromResult(7), Cancel));
        Assert.Equal(7, await calls.CallAsync("healthy", Repeat.Always, () => Task.FromResult(7), Cancel));
        never.SetResult(1);
        await Task.WhenAll(hanging);
        Assert.Equal(7, await calls.CallAsync("dead", Repeat.Always, () => Task.FromResult(7), Cancel));
    }

    private async Task<int> AdvanceUntilAsync(Task<int> call)
    {
        while (!call.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancel);
        }

        return await call;
    }

    private Task<int> Answer(int after, Exception before) => ++attempts >= after ? Task.FromResult(7) : Task.FromException<int>(before);
}
