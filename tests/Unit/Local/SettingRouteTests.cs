using System.Net;
using Muster.Gateway;
using Muster.Hosting;
using Xunit;

namespace Muster.Local;

/// <summary>The programs themselves say what they know; <c>./cluster</c>, which looks into none of them, may give each only that.</summary>
public sealed class SettingRouteTests
{
    public static TheoryData<string> SettingsOfEither =>
        [.. KnownSettings.Keys.Concat(GatewaySettings.Keys).Append("Logging:LogLevel:Muster").Distinct(StringComparer.OrdinalIgnoreCase)];

    [Theory]
    [MemberData(nameof(SettingsOfEither))]
    public void A_setting_goes_to_all_programs_that_know_it_and_to_no_other(string key)
    {
        Assert.Equal(!KnownSettings.Errors([key]).Any(), SettingRoute.IsForSilos($"{key}=x"));
        Assert.Equal(GatewaySettings.IsKnown(key), SettingRoute.IsForGateways($"{key}=x"));
    }

    [Theory]
    [InlineData("Pump:GiveUpAftr=x")]
    [InlineData("Orleans=x")]
    [InlineData("Gatewayy:Port=x")]
    public void What_nobody_knows_is_the_silos_to_refuse(string setting)
    {
        Assert.True(SettingRoute.IsForSilos(setting));
        Assert.False(SettingRoute.IsForGateways(setting));
    }

    [Fact]
    public void Silos_and_gateways_take_the_command_lines_that_they_are_given()
    {
        var plan = AddressPlan.For(IPAddress.Loopback, silos: 1, gateways: 1, mayBind443: true);
        var programs = Programs.For(
            new ClusterOptions
            {
                Folder = "/cluster",
                Bind = IPAddress.Loopback,
                Silos = 1,
                Gateways = 1,
                Devices = 0,
                Restarts = true,
                Settings = ["Pump:GiveUpAfter=00:01:00", "orleans:ConnectTimeout=00:01:00", "Logging:LogLevel:Muster=Debug", "Hub:MaxConnections=7"],
            },
            plan,
            "/cluster/secrets");

        var gateway = GatewayCommandLine.Parse([.. programs.Gateway(plan.Gateways[0]).ArgumentList.Skip(1)]);
        Assert.Null(gateway.Error);
        Assert.Equal(("00:01:00", "Debug"), (gateway.Settings["Orleans:ConnectTimeout"], gateway.Settings["Logging:LogLevel:Muster"]));
        var silo = Assert.IsType<Arguments.Run>(Arguments.Parse([.. programs.Silo(plan.Silos[0], "Host=x").ArgumentList.Skip(1)]));
        Assert.Empty(KnownSettings.Errors(silo.Settings.Keys));
        Assert.Equal(("00:01:00", "7"), (silo.Settings["Pump:GiveUpAfter"], silo.Settings["Hub:MaxConnections"]));
    }
}
