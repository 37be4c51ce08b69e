using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Muster.Local;

public sealed class ClusterFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("muster-local-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_folder_is_one_cluster_s_at_a_time()
    {
        using (ClusterFolder.Open(folder))
        {
            Assert.Equal(ExitCode.DataFolder, Assert.Throws<LocalException>(() => ClusterFolder.Open(folder)).ExitCode);
        }

        using var again = ClusterFolder.Open(folder);
        Assert.Equal(Path.Combine(folder, "logs", "silo-1.log"), again.Log("silo-1"));
    }

    [Fact]
    public void The_folder_of_a_hub_is_left_alone()
    {
        File.WriteAllText(Path.Combine(folder, "version"), "1\n");
        var refused = Assert.Throws<LocalException>(() => ClusterFolder.Open(folder));
        Assert.Equal(ExitCode.DataFolder, refused.ExitCode);
        Assert.Contains("--data", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_keeps_to_its_size_with_one_before_it()
    {
        var path = Path.Combine(folder, "log");
        using (var log = new LogFile(path, maxBytes: 1000))
        {
            for (var i = 0; i < 1000; i++)
            {
                log.Append($"line {i}");
            }
        }

        Assert.InRange(new FileInfo(path).Length, 1, 1010);
        Assert.InRange(new FileInfo(path + ".1").Length, 1000, 1010);
        Assert.Equal("line 999", File.ReadLines(path).Last());
        Assert.Equal(["log", "log.1"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_connection_leads_through_the_balancer_and_keeps_what_the_silo_says_besides()
    {
        var silo = JsonNode.Parse("""
            {"hostName":"127.0.0.9","address":"127.1.9.11","mqttPort":8883,"amqpPort":null,"httpsPort":443,"caCertificate":"/s/ca.pem",
             "serviceConnectionString":"HostName=127.0.0.9;SharedAccessKeyName=iothubowner;SharedAccessKey=k","policies":{"service":"p"},"consoleUrl":null,
             "pid":7,"simulatorPid":null,"dataFolder":"/d/silo-1","orleans":{"clusterId":"muster","serviceId":"muster","gateway":"127.1.9.11:30000","tls":true}}
            """)!.AsObject();
        var plan = AddressPlan.For(IPAddress.Parse("127.0.0.9"), silos: 2, gateways: 0, mayBind443: true);
        var expected = JsonNode.Parse("""
            {"hostName":"127.0.0.9","address":"127.0.0.9","mqttPort":8883,"amqpPort":null,"httpsPort":443,"caCertificate":"/d/ca.pem",
             "serviceConnectionString":"HostName=127.0.0.9;SharedAccessKeyName=iothubowner;SharedAccessKey=k","policies":{"service":"p"},"consoleUrl":null,
             "pid":42,"simulatorPid":null,"dataFolder":"/d","orleans":{"clusterId":"muster","serviceId":"muster","gateway":"127.1.9.11:30000,127.1.9.12:30000","tls":true}}
            """);
        Assert.Equal(expected!.ToJsonString(), ConnectionFile.Through(silo, plan, "/d", 42, null).ToJsonString());
    }
}
