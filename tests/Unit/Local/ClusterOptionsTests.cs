using System.Net;
using Xunit;

namespace Muster.Local;

public sealed class ClusterOptionsTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData(8080, "Hub:HttpPort=8080")]
    [InlineData(8081, "Hub:HttpPort=8080;Ddi:Tenant=x; hub:httpport = 8081")]
    [InlineData(null, "Hub:HttpsPort=8080")]
    [InlineData(null, "Hub:HttpPort")]
    [InlineData(null, "Hub:HttpPort=")]
    [InlineData(null, "Hub:HttpPort=many")]
    [InlineData(null, "Hub:HttpPort=70000")]
    public void The_port_of_plain_HTTP_is_what_the_silos_are_told(int? port, string settings) => Assert.Equal(port, new ClusterOptions
    {
        Folder = "/",
        Bind = IPAddress.Loopback,
        Silos = 1,
        Gateways = 0,
        Devices = 0,
        Restarts = false,
        Settings = [.. settings.Split(';')],
    }.HttpPort);
}
