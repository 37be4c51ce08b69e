using System.Text.Json;
using Muster.Access;
using Xunit;

namespace Muster.Hosting;

public sealed class ConnectionFileTests : IDisposable
{
    private static readonly AccessPolicies Policies = new(
        AccessPolicies.Defaults.Select(policy => new AccessPolicy(policy.Name, policy.Rights, $"{policy.Name}+/key==", "second")), []);

    private readonly string folder = Directory.CreateTempSubdirectory("muster-unit-").FullName;

    [Fact]
    public void It_has_every_field_of_the_contract_and_null_for_what_does_not_exist_yet()
    {
        var json = Written(simulatorPid: null);
        string[] present = ["hostName", "address", "mqttPort", "amqpPort", "httpsPort", "caCertificate", "serviceConnectionString",
            "policies", "eventHubsConnectionString", "pid", "dataFolder", "orleans"];
        string[] missing = ["provisioning", "consoleUrl", "admin", "simulatorPid", "ddi", "mender"];
        Assert.Equal(present.Concat(missing).Order(), json.EnumerateObject().Select(field => field.Name).Order());
        Assert.All(missing, name => Assert.Equal(JsonValueKind.Null, json.GetProperty(name).ValueKind));
    }

    [Fact]
    public void It_says_how_to_connect()
    {
        var json = Written(simulatorPid: 77);
        Assert.Equal("127.0.0.9", json.GetProperty("hostName").GetString());
        Assert.Equal((8883, 443), (json.GetProperty("mqttPort").GetInt32(), json.GetProperty("httpsPort").GetInt32()));
        Assert.Equal(5671, json.GetProperty("amqpPort").GetInt32());
        Assert.Equal("Endpoint=sb://127.0.0.9/;SharedAccessKeyName=iothubowner;SharedAccessKey=iothubowner+/key==;EntityPath=muster", json.GetProperty("eventHubsConnectionString").GetString());
        Assert.Equal(Path.Combine(folder, "ca.pem"), json.GetProperty("caCertificate").GetString());
        Assert.Equal("HostName=127.0.0.9;SharedAccessKeyName=iothubowner;SharedAccessKey=iothubowner+/key==", json.GetProperty("serviceConnectionString").GetString());
        Assert.Equal(5, json.GetProperty("policies").EnumerateObject().Count());
        Assert.Equal("127.0.0.9:30000", json.GetProperty("orleans").GetProperty("gateway").GetString());
        Assert.Equal((Environment.ProcessId, 77), (json.GetProperty("pid").GetInt32(), json.GetProperty("simulatorPid").GetInt32()));
    }

    [Fact]
    public void Only_its_owner_reads_it_and_deleting_it_twice_is_no_error()
    {
        Written(simulatorPid: null);
        var file = new ConnectionFile(folder);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(PrivateFile.OwnerOnly, File.GetUnixFileMode(file.FilePath));
        }

        file.Delete();
        file.Delete();
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void The_banner_tells_no_key()
    {
        var info = Info(null);
        var text = Banner.Text(Settings(), info, new ConnectionFile(folder).FilePath);
        Assert.Contains("https://127.0.0.9 ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("+/key==", text, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private SiloSettings Settings() =>
        SettingsReaderTests.Read([(SettingKeys.Bind, "127.0.0.9"), (SettingKeys.HttpsPort, "443"), (SettingKeys.DataFolder, folder)]).Settings;

    private ConnectionInfo Info(int? simulatorPid) => ConnectionInfo.Describe(Settings(), Policies) with { SimulatorPid = simulatorPid };

    private JsonElement Written(int? simulatorPid)
    {
        var file = new ConnectionFile(folder);
        file.Write(Info(simulatorPid));
        return JsonElement.Parse(File.ReadAllBytes(file.FilePath));
    }
}
