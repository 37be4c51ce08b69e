using Microsoft.Extensions.Configuration;
using Xunit;

namespace Muster.Hosting;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Nothing_said_means_the_documented_defaults()
    {
        var (settings, errors) = Read([]);
        Assert.Empty(errors);
        Assert.Equal("127.0.0.1", settings.Bind.ToString());
        Assert.Equal("localhost", settings.HostName);
        Assert.Equal(Path.GetFullPath("data"), settings.DataFolder);
        Assert.Equal(SiloRoles.Hub | SiloRoles.Gateway, settings.Roles);
        Assert.Null(settings.HttpsPort);
        Assert.Equal((8883, 5671, 11111, 30000), (settings.MqttPort, settings.AmqpPort, settings.SiloPort, settings.GatewayPort));
        Assert.Equal(100, settings.Devices);
    }

    [Fact]
    public void Another_address_is_also_the_host_name_unless_one_is_given()
    {
        Assert.Equal("127.0.0.9", Read([(SettingKeys.Bind, "127.0.0.9")]).Settings.HostName);
        Assert.Equal("hub.example", Read([(SettingKeys.Bind, "127.0.0.9"), (SettingKeys.HostName, "hub.example")]).Settings.HostName);
    }

    [Fact]
    public void The_hub_answers_to_every_name_it_has()
    {
        var settings = Read([(SettingKeys.Bind, "127.0.0.9"), (SettingKeys.HostName, "a.example"), (SettingKeys.HostNames, "b.example, c.example")]).Settings;
        Assert.Equal(["a.example", "b.example", "c.example", "localhost", "127.0.0.9", "127.0.0.1"], settings.AllNames());
    }

    [Fact]
    public void Options_of_the_simulator_are_words_with_spaces_between()
    {
        Assert.Equal(["--update-speed", "20", "--update-faults", "cut:5%"], Read([(SettingKeys.SimulatorOptions, "--update-speed 20  --update-faults cut:5%")]).Settings.SimulatorOptions);
        Assert.Empty(Read([]).Settings.SimulatorOptions);
    }

    [Fact]
    public void Every_error_is_listed_not_the_first_alone()
    {
        var errors = Read(
        [
            (SettingKeys.Bind, "1"), (SettingKeys.HostName, "no such name"), (SettingKeys.HttpsPort, "abc"), (SettingKeys.MqttPort, "0"),
            (SettingKeys.SiloPort, "65536"), (SettingKeys.Devices, "-1"), (SettingKeys.Roles, "hub,cook"),
        ]).Errors;
        Assert.Equal(
            [
                "Hub:Bind is '1': not an IP address", "Hub:HostName is 'no such name': not a host name", "Roles has 'cook': the roles are hub and gateway",
                "Hub:HttpsPort is 'abc': a port is 1 to 65535", "Hub:MqttPort is '0': a port is 1 to 65535",
                "Cluster:SiloPort is '65536': a port is 1 to 65535", "Simulator:Devices is '-1': a number from 0 to 100000",
            ],
            errors);
    }

    [Fact]
    public void Two_ports_may_not_be_one()
    {
        var errors = Read([(SettingKeys.HttpsPort, "8883")]).Errors;
        Assert.Equal(["Hub:HttpsPort and Hub:MqttPort are both 8883: every port needs its own"], errors);
    }

    [Fact]
    public void Orleans_listens_where_this_machine_can_dial_even_if_the_hub_listens_everywhere()
    {
        Assert.Equal("127.0.0.1", Read([(SettingKeys.Bind, "0.0.0.0")]).Settings.LocalAddress.ToString());
        Assert.Equal("127.0.0.9", Read([(SettingKeys.Bind, "127.0.0.9")]).Settings.LocalAddress.ToString());
    }

    internal static (SiloSettings Settings, IReadOnlyList<string> Errors) Read((string Key, string Value)[] given)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(given.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
        var reader = new SettingsReader(configuration);
        return (reader.Read(), reader.Errors);
    }
}
