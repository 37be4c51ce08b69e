using Muster.Telemetry;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine's checkpoints keep.</summary>
public abstract class CheckpointStoreLaws : IAsyncLifetime
{
    protected abstract StoreUnderTest Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    [Fact]
    public async Task A_new_consumer_begins_at_the_first_offset() =>
        Assert.Equal(0, (await Store.Checkpoints.AcquireAsync("c", 3, Cancel)).NextOffset);

    [Fact]
    public async Task What_was_saved_is_where_the_next_owner_begins()
    {
        var lease = await Store.Checkpoints.AcquireAsync("c", 3, Cancel);
        Assert.True(await Store.Checkpoints.SaveAsync(lease, 12, Cancel));
        await Store.RestartAsync();
        var next = await Store.Checkpoints.AcquireAsync("c", 3, Cancel);
        Assert.Equal(12, next.NextOffset);
        Assert.True(next.Epoch > lease.Epoch);
    }

    [Fact]
    public async Task An_owner_that_was_superseded_cannot_save_and_learns_so_where_it_stands()
    {
        var old = await Store.Checkpoints.AcquireAsync("c", 3, Cancel);
        Assert.True(await Store.Checkpoints.SaveAsync(old, old.NextOffset, Cancel));
        var current = await Store.Checkpoints.AcquireAsync("c", 3, Cancel);
        Assert.False(await Store.Checkpoints.SaveAsync(old, old.NextOffset, Cancel));
        Assert.False(await Store.Checkpoints.SaveAsync(old, 99, Cancel));
        Assert.True(await Store.Checkpoints.SaveAsync(current, 5, Cancel));
        Assert.Equal(5, (await Store.Checkpoints.AcquireAsync("c", 3, Cancel)).NextOffset);
    }

    [Fact]
    public async Task Consumers_and_partitions_do_not_disturb_each_other()
    {
        var one = await Store.Checkpoints.AcquireAsync("a", 1, Cancel);
        var other = await Store.Checkpoints.AcquireAsync("a", 2, Cancel);
        await Store.Checkpoints.AcquireAsync("b", 1, Cancel);
        Assert.True(await Store.Checkpoints.SaveAsync(one, 10, Cancel));
        Assert.True(await Store.Checkpoints.SaveAsync(other, 20, Cancel));
        Assert.Equal(10, (await Store.Checkpoints.AcquireAsync("a", 1, Cancel)).NextOffset);
        Assert.Equal(0, (await Store.Checkpoints.AcquireAsync("b", 1, Cancel)).NextOffset);
    }
}
