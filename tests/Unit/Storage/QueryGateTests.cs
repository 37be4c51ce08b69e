using Microsoft.Extensions.Time.Testing;
using Muster.Fleet;
using Muster.Storage.Query;
using Xunit;

namespace Muster.Storage;

public sealed class QueryGateTests
{
    private readonly FakeTimeProvider clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_question_that_takes_too_long_is_stopped_and_makes_room()
    {
        using var gate = new QueryGate(new FleetQueryOptions { MaxRunning = 1, MaxWait = TimeSpan.FromMinutes(1) }, clock);
        var stuck = gate.RunAsync(Stuck, Cancel);
        var next = gate.RunAsync(_ => Task.FromResult(7), Cancel);
        clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(stuck.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(1));
        var busy = await Assert.ThrowsAsync<FleetBusyException>(() => stuck);
        Assert.Contains("20 s", busy.Message, StringComparison.Ordinal);
        Assert.True(busy.RetryAfter > TimeSpan.Zero);
        Assert.Equal(7, await next);
    }

    [Fact]
    public async Task What_finds_no_place_is_refused_at_once()
    {
        using var gate = Gate(running: 2, waiting: 1);
        var end = new TaskCompletionSource<int>();
        var running = new[] { gate.RunAsync(_ => end.Task, Cancel), gate.RunAsync(_ => end.Task, Cancel), gate.RunAsync(_ => end.Task, Cancel) };
        await Assert.ThrowsAsync<FleetBusyException>(() => gate.RunAsync(_ => end.Task, Cancel));

        end.SetResult(1);
        await Task.WhenAll(running);
        Assert.Equal(2, await gate.RunAsync(_ => Task.FromResult(2), Cancel));
    }

    [Fact]
    public async Task What_waits_too_long_is_refused_and_what_runs_goes_on()
    {
        using var gate = Gate(running: 1, waiting: 5);
        var end = new TaskCompletionSource<int>();
        var running = gate.RunAsync(_ => end.Task, Cancel);
        var waiting = gate.RunAsync(_ => end.Task, Cancel);
        clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<FleetBusyException>(() => waiting);

        end.SetResult(1);
        Assert.Equal(1, await running);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_cancelled_and_not_told_that_the_store_is_busy()
    {
        using var gate = Gate(running: 1, waiting: 5);
        using var caller = new CancellationTokenSource();
        var running = gate.RunAsync(Stuck, caller.Token);
        var waiting = gate.RunAsync(Stuck, caller.Token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, await gate.RunAsync(_ => Task.FromResult(1), Cancel));
    }

    [Fact]
    public async Task A_fault_makes_room()
    {
        using var gate = Gate(running: 1, waiting: 0);
        await Assert.ThrowsAsync<InvalidDataException>(() => gate.RunAsync<int>(_ => throw new InvalidDataException(), Cancel));
        Assert.Equal(1, await gate.RunAsync(_ => Task.FromResult(1), Cancel));
    }

    private QueryGate Gate(int running, int waiting) => new(new FleetQueryOptions { MaxRunning = running, MaxWaiting = waiting }, clock);

    private static async Task<int> Stuck(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }
}
