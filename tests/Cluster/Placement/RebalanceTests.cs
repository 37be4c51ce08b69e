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
        await Eventually.HoldsAsync("every device without a session is where the map says", async () =>
        {
            var places = await Task.WhenAll(devices[40..].Select(async device => await NameAsync(device.Grain) == after.OwnerOf(device.Key)));
            return places.All(static right => right);
        });
        foreach (var (key, grain) in connected)
        {
            Assert.Equal(before.OwnerOf(key), await NameAsync(grain));
        }

        Assert.Contains(devices[40..], device => after.OwnerOf(device.Key) == joined.Name);
        foreach (var (key, grain) in devices)
        {
            Assert.Equal(3, Assert.IsType<ReportedReply.Accepted>(await grain.PatchReportedAsync(JsonUtf8.Parse("""{"b":2}"""))).Version);
            Assert.Equal(1, fixture.Storage.ReadsOf(key));
        }

        async Task<string> NameAsync(IDeviceGrain grain)
        {
            var place = await fixture.Cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
            return fixture.Cluster.Silos.FirstOrDefault(silo => silo.SiloAddress.Equals(place))?.Name ?? "";
        }
    }
}
