using Muster.Fixture;
using Muster.Placement;
using Muster.Telemetry;
using Orleans.Runtime;
using Orleans.TestingHost;
using Xunit;

namespace Muster.Devices;

public sealed class PlacementTests(ClusterFixture fixture)
{
    [Fact]
    public async Task Devices_and_their_modules_live_where_their_partition_does()
    {
        var silos = fixture.Cluster.Silos.ToArray();
        var names = Array.ConvertAll(silos, silo => silo.Name);
        for (var i = 0; i < 20; i++)
        {
            var (key, device) = await fixture.NewDeviceAsync();
            await device.CreateModuleAsync("m", new IdentitySpec());
            var owner = silos[PartitionMap.OwnerOf(PartitionHash.VirtualPartition(key), names)];
            Assert.Equal(owner.SiloAddress, SiloOf(device));
            Assert.Equal(owner.SiloAddress, SiloOf(fixture.Device($"{key}/m")));
        }
    }

    private SiloAddress SiloOf(IDeviceGrain grain)
    {
        Assert.True(fixture.Cluster.TryGetGrainContext(grain.GetGrainId(), out var context));
        return context.Address.SiloAddress!;
    }
}
