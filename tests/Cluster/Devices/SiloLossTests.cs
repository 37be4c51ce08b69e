using Muster.Calls;
using Muster.Fixture;
using Muster.Json;
using Muster.Methods;
using Muster.Placement;
using Muster.Sessions;
using Muster.Twins;
using Xunit;

namespace Muster.Devices;

public sealed class SiloLossTests
{
    [Fact]
    public async Task What_was_committed_outlives_its_silo_and_sessions_of_that_silo_are_over()
    {
        await using var fixture = new ClusterFixture();
        await fixture.InitializeAsync();
        var devices = new List<IDeviceGrain>();
        for (var i = 0; i < 20; i++)
        {
            var (_, device) = await fixture.NewDeviceAsync();
            await fixture.ConnectAsync(device, silo: 2);
            await device.PatchReportedAsync(JsonUtf8.Parse("""{"a":1}"""));
            devices.Add(device);
        }

        await fixture.Cluster.KillSiloAsync(fixture.Cluster.Silos[2], TestContext.Current.CancellationToken);
        var calls = new GrainCalls(TimeProvider.System);
        foreach (var device in devices)
        {
            // What was on its way to the silo as it fell is answered by nobody, and the others hear of its end a moment later.
            await Eventually.HoldsAsync("its session is over", async () =>
            {
                var identity = await calls.CallAsync("", Repeat.Always, () => device.GetIdentityAsync().AsTask(), TestContext.Current.CancellationToken);
                return identity!.ConnectionState == ConnectionState.Disconnected;
            });
            Assert.Equal(3, Assert.IsType<ReportedReply.Accepted>(await device.PatchReportedAsync(JsonUtf8.Parse("""{"b":2}"""))).Version);
            var twin = Assert.IsType<TwinReply.Found>(await device.GetDeviceTwinAsync()).Twin.ToString();
            Assert.Equal("""{"desired":{"$version":1},"reported":{"a":1,"b":2,"$version":3}}""", twin);
        }
    }

    [Fact]
    public async Task Rows_are_freed_of_sessions_whose_silo_died_though_nobody_asks_and_newer_sessions_stay()
    {
        await using var fixture = new ClusterFixture();
        await fixture.InitializeAsync();
        var devices = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => fixture.NewDeviceAsync()));
        foreach (var (_, grain) in devices)
        {
            await fixture.ConnectAsync(grain, silo: 2);
        }

        var again = new List<(string Key, SessionRef Session)>();
        foreach (var (key, grain) in devices[..20])
        {
            again.Add((key, (await fixture.ConnectAsync(grain, silo: 0)).Attached.Session));
        }

        await fixture.Cluster.KillSiloAsync(fixture.Cluster.Silos[2], TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            "no row names the dead silo", () => devices[20..].All(device => fixture.Storage.Stored(device.Key)!.Session is { Current: null, ChangedAt: not null }));
        Assert.All(again, device => Assert.Equal(device.Session, fixture.Storage.Stored(device.Key)!.Session.Current));
    }

    [Fact]
    public async Task A_session_goes_on_without_its_device_connecting_again_when_the_grain_was_lost_with_its_silo()
    {
        await using var fixture = new ClusterFixture();
        await fixture.InitializeAsync();
        var victim = fixture.Cluster.Silos[2];
        var connected = new List<(IDeviceGrain Grain, SessionRef Ref, TestSession Session)>();
        while (connected.Count < 10)
        {
            var (key, grain) = await fixture.NewDeviceAsync();
            if (PartitionOwners.Of(fixture.Cluster.Silos.Select(silo => silo.Name)).OwnerOf(key) == victim.Name)
            {
                var (attached, session) = await fixture.ConnectAsync(grain, silo: 0);
                await grain.SetSubscriptionsAsync(attached.Session, SessionSubscriptions.Methods | SessionSubscriptions.DesiredChanges);
                connected.Add((grain, attached.Session, session));
            }
        }

        await fixture.Cluster.KillSiloAsync(victim, TestContext.Current.CancellationToken);
        var calls = new GrainCalls(TimeProvider.System);
        foreach (var (grain, reference, session) in connected)
        {
            var standing = await calls.CallAsync("", Repeat.Always, () => grain.ResumeAsync(reference).AsTask(), TestContext.Current.CancellationToken);
            Assert.Equal(new SessionStanding(true, 1), standing);
            Assert.IsType<MethodReply.Answered>(await grain.InvokeMethodAsync(new MethodCall { Name = "ping" }));
            await grain.PatchDesiredAsync(JsonUtf8.Parse("""{"a":1}"""));
            Assert.Equal(2, (await session.NextPushAsync(TestContext.Current.CancellationToken)).Version);
            Assert.False(session.Closed.IsCompleted);
        }
    }

    [Fact]
    public async Task What_is_due_is_done_by_whoever_has_the_partition()
    {
        await using var fixture = new ClusterFixture();
        await fixture.InitializeAsync();
        var keys = Enumerable.Range(0, 30).Select(i => $"due-{i}").ToArray();
        Array.ForEach(keys, key => fixture.Storage.Put(key, new DeviceState { NextDeadline = DateTimeOffset.UnixEpoch }));
        await Eventually.HoldsAsync("nothing is due any more", () => keys.All(key => fixture.Storage.Stored(key)!.NextDeadline is null));
    }
}
