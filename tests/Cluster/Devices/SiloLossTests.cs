using Muster.Fixture;
using Muster.Json;
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
        foreach (var device in devices)
        {
            Assert.Equal(ConnectionState.Disconnected, (await device.GetIdentityAsync())!.ConnectionState);
            Assert.Equal(3, Assert.IsType<ReportedReply.Accepted>(await device.PatchReportedAsync(JsonUtf8.Parse("""{"b":2}"""))).Version);
            var twin = Assert.IsType<TwinReply.Found>(await device.GetDeviceTwinAsync()).Twin.ToString();
            Assert.Equal("""{"desired":{"$version":1},"reported":{"a":1,"b":2,"$version":3}}""", twin);
        }
    }
}
