using Xunit;

namespace Muster.Upstream;

public sealed class UpstreamBudgetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_pass_at_the_silos_share_of_the_clusters_rate()
    {
        using var world = new UpstreamWorld(new UpstreamOptions { RequestsPerSecond = 4 }, static () => 2);
        var startedAt = world.Clock.GetUtcNow();
        Assert.Equal(2, world.Budget.Rate);
        for (var i = 0; i < 9; i++)
        {
            Assert.True(await world.PassAsync(world.Budget.EnterAsync(Cancel).AsTask()));
        }

        Assert.InRange((world.Clock.GetUtcNow() - startedAt).TotalSeconds, 3.9, 600);
    }

    [Fact]
    public async Task A_bucket_holds_no_more_than_a_second_of_calls()
    {
        using var world = new UpstreamWorld(new UpstreamOptions { RequestsPerSecond = 3 });
        world.Clock.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(world.Budget.EnterAsync(Cancel).AsTask().IsCompletedSuccessfully);
        }

        var fourth = world.Budget.EnterAsync(Cancel).AsTask();
        Assert.False(fourth.IsCompleted);
        Assert.True(await world.PassAsync(fourth));
    }

    [Fact]
    public async Task A_pause_holds_everybody_for_as_long_as_was_asked()
    {
        using var world = new UpstreamWorld();
        world.Budget.Pause(TimeSpan.FromSeconds(7));
        var until = world.Clock.GetUtcNow().AddSeconds(7);
        var waiting = Enumerable.Range(0, 3).Select(_ => world.Budget.EnterAsync(Cancel).AsTask()).ToArray();
        world.Clock.Advance(TimeSpan.FromSeconds(6.9));
        Assert.DoesNotContain(waiting, static task => task.IsCompleted);
        Assert.Equal(3, world.Budget.Waiting);
        await world.PassAsync(Task.WhenAll(waiting));
        Assert.True(world.Clock.GetUtcNow() >= until);
    }

    [Fact]
    public void Pauses_double_until_a_call_goes_well_and_those_of_one_moment_are_one()
    {
        using var world = new UpstreamWorld();
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            world.Budget.Pause(null);
            world.Budget.Pause(null);
            Assert.Equal(seconds, (world.Budget.PausedUntil - world.Clock.GetUtcNow()).TotalSeconds);
            world.Clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        world.Budget.Succeeded();
        world.Budget.Pause(null);
        Assert.Equal(1, (world.Budget.PausedUntil - world.Clock.GetUtcNow()).TotalSeconds);
    }

    [Fact]
    public async Task Whoever_comes_when_too_many_wait_is_turned_away()
    {
        using var world = new UpstreamWorld();
        world.Budget.Pause(TimeSpan.FromSeconds(1));
        using var stop = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, UpstreamBudget.MaxWaiting).Select(_ => world.Budget.EnterAsync(stop.Token).AsTask()).ToArray();
        Assert.False(await world.Budget.EnterAsync(Cancel));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waiting));
        Assert.Equal(0, world.Budget.Waiting);
        Assert.True(await world.PassAsync(world.Budget.EnterAsync(Cancel).AsTask()));
    }
}
