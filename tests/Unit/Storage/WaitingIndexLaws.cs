using System.Collections.Immutable;
using System.Net;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Upstream;
using Orleans.Runtime;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine's index of waiting rows keeps.</summary>
public abstract class WaitingIndexLaws : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SiloAddress First = SiloAddress.New(IPEndPoint.Parse("127.0.0.1:11111"), 7);
    private static readonly SiloAddress Restarted = SiloAddress.New(IPEndPoint.Parse("127.0.0.1:11111"), 8);

    protected abstract StoreUnderTest Store { get; }

    protected abstract IDeadlineIndex Deadlines { get; }

    protected abstract ISessionIndex Sessions { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    [Fact]
    public async Task What_is_due_in_the_partitions_asked_for_is_found_and_nothing_else()
    {
        await Store.CreateAsync("now", Due(Now));
        await Store.CreateAsync("now/m", Due(Now.AddDays(-1)));
        await Store.CreateAsync("later", Due(Now.AddTicks(1)));
        await Store.CreateAsync("never");
        await Store.CreateAsync("elsewhere", Due(Now));
        int[] partitions = [.. ((string[])["now", "later", "never"]).Select(PartitionHash.VirtualPartition)];
        Assert.Equal([(Now.AddDays(-1), "now/m"), (Now, "now")], (await DueAsync(partitions, 100)).Select(row => (row.Deadline, row.Key.ToString())));
        Assert.Empty(await DueAsync([], 100));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task What_is_due_is_paged_by_deadline_and_then_by_key_and_no_row_comes_twice(int limit)
    {
        foreach (var key in (string[])["b", "a", "B", "a/m", "a-1", "a/k"])
        {
            await Store.CreateAsync(key, Due(Now));
        }

        await Store.CreateAsync("z", Due(Now.AddTicks(-1)));
        await Store.CreateAsync("later", Due(Now.AddTicks(1)));
        var (partitions, rows) = (Enumerable.Range(0, PartitionHash.VirtualPartitions).ToArray(), new List<DueRow>());
        for (var page = await DueAsync(partitions, limit); page.Length > 0; page = await DueAsync(partitions, limit, rows[^1]))
        {
            Assert.InRange(page.Length, 1, limit);
            rows.AddRange(page);
        }

        Assert.Equal(["z", "B", "a", "a/k", "a/m", "a-1", "b"], rows.Select(row => row.Key.ToString()));
    }

    [Fact]
    public async Task Sessions_are_paged_by_the_run_of_the_silo_that_has_them()
    {
        for (var i = 0; i < 5; i++)
        {
            await Store.CreateAsync($"d{i}", Connected(i == 3 ? Restarted : First, i));
        }

        await Store.CreateAsync("d0/m", Connected(First, 9));
        await Store.CreateAsync("alone");
        Assert.Equal([First, Restarted], (await Sessions.ReadSilosAsync(Cancel)).OrderBy(silo => silo.Generation));
        var page = await Sessions.ReadSessionsAsync(First, 0, 3, Cancel);
        var rest = await Sessions.ReadSessionsAsync(First, page[^1].Id, 3, Cancel);
        Assert.Equal(["d0", "d1", "d2", "d4", "d0/m"], page.Concat(rest).Select(row => row.Key.ToString()));
        Assert.Equal(new SessionRef(First, 4, 104), rest[0].Session);
        Assert.Empty(await Sessions.ReadSessionsAsync(First, rest[^1].Id, 3, Cancel));
    }

    [Fact]
    public async Task A_session_that_ended_is_not_found_any_more()
    {
        var device = await Store.CreateAsync("d", Connected(First, 1));
        device.State = Connected(First, 1) with { Session = SessionState.None };
        await Store.WriteAsync("d", device);
        Assert.Empty(await Sessions.ReadSilosAsync(Cancel));
        Assert.Empty(await Sessions.ReadSessionsAsync(First, 0, 10, Cancel));
    }

    [Fact]
    public async Task A_device_that_is_connected_to_the_upstream_hub_has_no_session_here_and_counts_as_connected()
    {
        var device = await Store.CreateAsync("d", SampleStates.Mirrored);
        await Store.CreateAsync("e", Connected(First, 1));
        Assert.Equal([First], await Sessions.ReadSilosAsync(Cancel));
        Assert.Equal(new FleetStatistics(2, 2, 0, 2), await Store.Fleet.CountAsync(Cancel));
        device.State = device.State! with { Upstream = UpstreamMark.None.Pack() };
        await Store.WriteAsync("d", device);
        Assert.Equal(new FleetStatistics(2, 2, 0, 1), await Store.Fleet.CountAsync(Cancel));
    }

    private Task<ImmutableArray<DueRow>> DueAsync(int[] partitions, int limit, DueRow? after = null) =>
        Deadlines.ReadDueAsync(new DuePage(partitions, Now, after, limit), Cancel);

    private static DeviceState Due(DateTimeOffset at) => SampleStates.Small with { NextDeadline = at };

    private static DeviceState Connected(SiloAddress silo, long connection) =>
        SampleStates.Small with { Session = new SessionState { Current = new SessionRef(silo, connection, 100 + connection), Epoch = 100 + connection } };
}
