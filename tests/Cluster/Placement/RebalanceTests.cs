using Muster.Devices;
using Muster.Fixture;
using Muster.Json;
using Muster.Twins;
using Orleans.Runtime;
using Xunit;

namespace Muster.Placement;

public sealed class RebalanceTests
{
    [Fact]
    public async Task After_a_join_devices_without_a_session_go_where_the_map_says_with_their_state_and_the_others_stay()
    {
        await using var fixture = new ClusterFixture { Settings = { ["Rebalance:Delay"] = "00:00:00", ["Rebalance:MovesPerSecond"] = "5000" } };
        await fixture.InitializeAsync();
        var devices = await Task.WhenAll(Enumerable.Range(0, 120).Select(_ => fixture.NewDeviceAsync()));
        foreach (var (_, grain) in devices)
        {
            await grain.PatchReportedAsync(JsonUtf8.Parse("""{"a":1}"""));
        }

        var names = fixture.Cluster.Silos.Select(silo => silo.Name).ToArray();
        var connected = devices[..40];
        foreach (var (_, grain) in connected)
        {
            await fixture.ConnectAsync(grain);
        }

        var joined = await fixture.Cluster.StartAdditionalSiloAsync();
        var (before, after) = (PartitionOwners.Of(names), PartitionOwners.Of([.. names, joined.Name]));
        await Eventually.HoldsAsync(
            "no device without a session is where the map does not say",
            () => devices[40..].All(device => PlaceOf(device.Grain) is not { } place || place == after.OwnerOf(device.Key)));

        // One that the newcomer could not take in at once is activated there by its next call.
        var arrived = devices[40..].Where(device => PlaceOf(device.Grain) == joined.Name).Select(device => device.Key).ToHashSet();
        foreach (var (key, grain) in connected)
        {
            Assert.Equal(before.OwnerOf(key), PlaceOf(grain));
        }

        foreach (var (key, grain) in devices)
        {
            Assert.Equal(3, Assert.IsType<ReportedReply.Accepted>(await grain.PatchReportedAsync(JsonUtf8.Parse("""{"b":2}"""))).Version);
            Assert.True(fixture.Storage.ReadsOf(key) == 1 || !arrived.Contains(key), $"The state of {key} did not travel with it.");
        }

        Assert.Contains(devices[40..], device => PlaceOf(device.Grain) == joined.Name);

        string? PlaceOf(IDeviceGrain grain) => fixture.Cluster.TryGetGrainContext(grain.GetGrainId(), out var context)
            ? fixture.Cluster.Silos.FirstOrDefault(silo => silo.SiloAddress.Equals(context.Address.SiloAddress))?.Name
            : null;
    }
}
