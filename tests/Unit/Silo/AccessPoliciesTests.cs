using System.Security.Cryptography;
using System.Text;
using Muster.Access;
using Xunit;

namespace Muster.Hosting;

public sealed class AccessPoliciesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("muster-unit-").FullName;
    private readonly MasterKey key = new(RandomNumberGenerator.GetBytes(MasterKey.KeyLength));

    [Fact]
    public void The_five_default_policies_have_IoT_Hubs_rights()
    {
        var policies = new AccessPolicies(PolicyFile.LoadOrCreate(folder, key), []);
        Assert.Equal(5, policies.All.Count);
        Assert.Equal((AccessRights)15, policies.Find("iothubowner")!.Rights);
        Assert.Equal(AccessRights.ServiceConnect, policies.Find("SERVICE")!.Rights);
        Assert.Equal(AccessRights.DeviceConnect, policies.Find("device")!.Rights);
        Assert.Equal(AccessRights.RegistryRead, policies.Find("registryRead")!.Rights);
        Assert.Equal(AccessRights.RegistryRead | AccessRights.RegistryWrite, policies.Find("registryReadWrite")!.Rights);
        Assert.Null(policies.Find("nobody"));
    }

    [Fact]
    public void Keys_are_32_random_bytes_each_and_stay_the_same_from_start_to_start()
    {
        var first = PolicyFile.LoadOrCreate(folder, key);
        var keys = first.SelectMany(policy => new[] { policy.PrimaryKey, policy.SecondaryKey }).ToArray();
        Assert.Equal(10, keys.Distinct().Count());
        Assert.All(keys, text => Assert.Equal(32, Convert.FromBase64String(text).Length));
        Assert.Equal(first, PolicyFile.LoadOrCreate(folder, key));
    }

    [Fact]
    public void No_key_can_be_read_in_the_file()
    {
        var made = PolicyFile.LoadOrCreate(folder, key);
        var content = File.ReadAllText(Path.Combine(folder, PolicyFile.FileName), Encoding.UTF8);
        Assert.All(made, policy => Assert.DoesNotContain(policy.PrimaryKey, content, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"version\":2,\"policies\":{}}")]
    [InlineData("not json")]
    [InlineData("")]
    public void A_damaged_or_foreign_file_is_said_to_be_one_and_left_alone(string content)
    {
        var path = Path.Combine(folder, PolicyFile.FileName);
        File.WriteAllText(path, content);
        Assert.Equal(ExitCode.DataFolder, Assert.Throws<StartupException>(() => PolicyFile.LoadOrCreate(folder, key)).ExitCode);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void Keys_under_another_master_key_are_refused_not_replaced()
    {
        PolicyFile.LoadOrCreate(folder, key);
        using var other = new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.KeyLength));
        Assert.Contains(MasterKey.FileName, Assert.Throws<StartupException>(() => PolicyFile.LoadOrCreate(folder, other)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hub.example", true)]
    [InlineData("HUB.Example", true)]
    [InlineData("hub.example:18883", true)]
    [InlineData("127.0.0.1:443", true)]
    [InlineData("::1", true)]
    [InlineData("[::1]:443", true)]
    [InlineData("hub.example.org", false)]
    [InlineData("hub.example:", false)]
    [InlineData("hub.example:port", false)]
    [InlineData("hub.example:70000", false)]
    [InlineData(":443", false)]
    [InlineData("", false)]
    public void A_host_name_counts_with_any_port_and_in_any_case(string host, bool isOurs) =>
        Assert.Equal(isOurs, new AccessPolicies([], ["hub.example", "127.0.0.1", "::1"]).IsHostName(host));

    [Fact]
    public void A_connection_string_is_what_the_service_SDK_reads() => Assert.Equal(
        "HostName=hub.example;SharedAccessKeyName=service;SharedAccessKey=a2V5",
        AccessPolicies.ConnectionString("hub.example", new("service", AccessRights.ServiceConnect, "a2V5", "b3RoZXI=")));

    public void Dispose()
    {
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
