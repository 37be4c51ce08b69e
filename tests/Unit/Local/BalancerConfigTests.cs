using System.Net;
using Xunit;

namespace Muster.Local;

public sealed class BalancerConfigTests
{
    [Fact]
    public void Every_silo_is_behind_every_port_and_asked_for_its_health_once()
    {
        var text = Text(silos: 3, gateways: 2, "127.0.0.1");
        Assert.Equal(9, Lines(text, "server silo-").Count);
        Assert.Equal(3, Lines(text, "server silo-").Count(line => line.Contains(" check check-ssl ", StringComparison.Ordinal)));
        Assert.Equal(2, Lines(text, "server gateway-").Count);
        Assert.Equal(
            ["bind 127.0.0.1:443", "bind 127.0.0.1:8883", "bind 127.0.0.1:5671", "bind 127.0.0.1:8443"], Lines(text, "bind "));
        Assert.DoesNotContain("mode http", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_gateways_their_port_is_not_listened_on() =>
        Assert.DoesNotContain("8443", Text(silos: 1, gateways: 0, "127.0.0.1"), StringComparison.Ordinal);

    [Fact]
    public void Plain_HTTP_is_balanced_where_the_silos_listen_so()
    {
        var text = BalancerConfig.Text(AddressPlan.For(IPAddress.Loopback, silos: 3, gateways: 0, mayBind443: true, http: 8080), 9_900);
        Assert.Contains("bind 127.0.0.1:8080", Lines(text, "bind "));
        Assert.Equal(3, Lines(text, "server silo-").Count(line => line.EndsWith(":8080 track https/" + line.Split(' ')[1], StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    public async Task Haproxy_takes_it(string bind)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Text(silos: 2, gateways: 1, bind), TestContext.Current.CancellationToken);
            var (code, output) = await Tool.RunAsync("/", ["haproxy", "-c", "-f", file], "", TestContext.Current.CancellationToken);
            Assert.True(code == 0 && !output.Contains("WARNING", StringComparison.Ordinal), output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(20_000, 9_900)]
    [InlineData(1_048_576, 100_000)]
    [InlineData(256, 100)]
    public void Two_descriptors_a_connection_fit_the_limit(int openFiles, int expected) =>
        Assert.Equal(expected, BalancerConfig.MaxConnections(openFiles));

    private static string Text(int silos, int gateways, string bind) =>
        BalancerConfig.Text(AddressPlan.For(IPAddress.Parse(bind), silos, gateways, mayBind443: true), 9_900);

    private static List<string> Lines(string text, string start) =>
        [.. text.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith(start, StringComparison.Ordinal))];
}
