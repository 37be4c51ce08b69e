using Muster.Fleet;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine's fleet index keeps, apart from queries.</summary>
public abstract class FleetIndexLaws : IAsyncLifetime
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
    public async Task Devices_are_listed_in_the_order_of_their_registration_without_modules()
    {
        foreach (var key in new[] { "z", "a", "z/m", "k" })
        {
            await Store.CreateAsync(key);
        }

        Assert.Equal(["z", "a"], (await Store.Fleet.ListDevicesAsync(2, Cancel)).Select(row => row.Key.ToString()));
        Assert.Equal(["z", "a", "k"], (await Store.Fleet.ListDevicesAsync(1000, Cancel)).Select(row => row.Key.ToString()));
    }

    [Fact]
    public async Task The_modules_of_a_device_are_its_own()
    {
        foreach (var key in new[] { "d", "d/b", "d/a", "dd/c", "e/a" })
        {
            await Store.CreateAsync(key);
        }

        Assert.Equal(["d/a", "d/b"], (await Store.Fleet.ListModulesAsync("d", Cancel)).Select(row => row.Key.ToString()));
        Assert.Empty(await Store.Fleet.ListModulesAsync("nobody", Cancel));
    }

    [Fact]
    public async Task Statistics_count_devices_and_not_modules()
    {
        await Store.CreateAsync("enabled");
        await Store.CreateAsync("enabled-and-connected", SampleStates.Small with { Session = SampleStates.Full.Session });
        await Store.CreateAsync("disabled-and-connected", SampleStates.Full);
        await Store.CreateAsync("enabled/m", SampleStates.Full);
        Assert.Equal(new FleetStatistics(3, 2, 1, 2), await Store.Fleet.CountAsync(Cancel));
    }

    [Fact]
    public async Task Statistics_follow_every_change()
    {
        var device = await Store.CreateAsync("d");
        device.State = SampleStates.Full;
        await Store.WriteAsync("d", device);
        Assert.Equal(new FleetStatistics(1, 0, 1, 1), await Store.Fleet.CountAsync(Cancel));
        await Store.ClearAsync("d", device);
        Assert.Equal(new FleetStatistics(0, 0, 0, 0), await Store.Fleet.CountAsync(Cancel));
    }

    [Fact]
    public async Task The_ping_answers_for_an_empty_fleet_and_for_any_other()
    {
        await Store.Fleet.PingAsync(Cancel);
        await Store.CreateAsync("d");
        await Store.Fleet.PingAsync(Cancel);
    }

    [Fact]
    public async Task Rows_are_listed_whole()
    {
        await Store.CreateAsync("d", SampleStates.Full);
        await Store.CreateAsync("d/m", SampleStates.Full);
        Assert.Equivalent(SampleStates.Full, Assert.Single(await Store.Fleet.ListDevicesAsync(9, Cancel)).State);
        Assert.Equivalent(SampleStates.Full, Assert.Single(await Store.Fleet.ListModulesAsync("d", Cancel)).State);
    }

    [Fact]
    public async Task A_cancelled_question_is_not_answered() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.Fleet.CountAsync(new CancellationToken(canceled: true)));
}
