using Microsoft.Extensions.Configuration;
using Xunit;

namespace Muster.Gateway;

public sealed class GatewayCommandLineTests
{
    [Theory]
    [InlineData("--wings", "unknown option --wings")]
    [InlineData("--port", "--port needs a value")]
    [InlineData("--set x", "--set takes Section:Key=value")]
    [InlineData("stray", "unknown option stray")]
    public void What_is_not_understood_is_said_in_one_line(string arguments, string error)
    {
        var line = GatewayCommandLine.Parse(arguments.Split(' '));

        Assert.StartsWith(error, line.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line.Error!);
    }

    [Fact]
    public void Options_become_settings()
    {
        var line = GatewayCommandLine.Parse(["--port", "81", "--set", "Orleans:ClusterId=a=b"]);

        Assert.Null(line.Error);
        Assert.Equal(("81", "a=b"), (line.Settings["Gateway:Port"], line.Settings["Orleans:ClusterId"]));
    }

    [Fact]
    public void All_errors_of_the_options_are_listed_at_once()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gateway:Bind"] = "nowhere",
            ["Gateway:Port"] = "70000",
            ["Orleans:Gateway"] = "10.0.0.1",
            ["Orleans:ClusterId"] = "c",
        }).Build();

        var wrong = Assert.Throws<GatewaySetupException>(() => GatewaySetup.Read(configuration));

        Assert.Equal(
            "Orleans:ServiceId is not set (nor --connection given); "
            + "Gateway:Bind is 'nowhere': give an IP address of this machine, or 0.0.0.0 for all of them; "
            + "Gateway:Port is 70000: give 1 to 65535, or 0 for any that is free; "
            + "10.0.0.1 in Orleans:Gateway is not host:port",
            wrong.Message);
    }

    [Theory]
    [InlineData("Orleans:Tls", "true", "Security:Folder")]
    [InlineData("Security:Folder", "/nowhere", "Security:Folder")]
    [InlineData("Gateway:Certificate", "/nowhere/server.pem", "Gateway:Certificate")]
    public void A_certificate_that_is_not_there_is_said_by_the_option_that_mends_it(string option, string value, string named)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:Gateway"] = "10.0.0.1:30000",
            ["Orleans:ClusterId"] = "c",
            ["Orleans:ServiceId"] = "s",
            [option] = value,
        }).Build();

        var wrong = Assert.Throws<GatewaySetupException>(() => GatewaySetup.Read(configuration));

        Assert.StartsWith(named, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    [Fact]
    public async Task A_connection_file_says_where_the_cluster_is_and_options_win_over_it()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file, """{"orleans":{"clusterId":"c","serviceId":"s","gateway":"127.0.0.9:30000"}}""", TestContext.Current.CancellationToken);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Gateway:ConnectionFile"] = file, ["Orleans:ServiceId"] = "mine" }).Build();

        var setup = GatewaySetup.Read(configuration);
        File.Delete(file);

        Assert.Equal(["127.0.0.9:30000"], setup.Gateways.Select(gateway => gateway.ToString()));
        Assert.Equal(("c", "mine"), (setup.Cluster.ClusterId, setup.Cluster.ServiceId));
    }

    [Fact]
    public async Task A_connection_file_that_is_none_is_said_in_one_line()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{"orleans":null}""", TestContext.Current.CancellationToken);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Gateway:ConnectionFile"] = file }).Build();

        var wrong = Assert.Throws<GatewaySetupException>(() => GatewaySetup.Read(configuration));
        File.Delete(file);

        Assert.Equal($"{file} is no connection.json of a hub", wrong.Message);
    }
}
