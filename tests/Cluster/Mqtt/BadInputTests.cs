using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

/// <summary>What breaks the rules ends its own connection, and nothing else.</summary>
public sealed class BadInputTests(HubFixture hub)
{
    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10FFFFFF7F")]
    [InlineData("10FFFFFFFFFF")]
    [InlineData("C000")]
    [InlineData("300A0001610001")]
    [InlineData("100C00044D5154540402003C0000")]
    [InlineData("474554202F20485454502F312E310D0A0D0A")]
    [InlineData("100E00044D515454040200 3C0002C328")]
    public async Task A_stranger_that_speaks_no_mqtt_or_none_at_all_is_let_go(string hex)
    {
        await using var stranger = await RawClient.OpenAsync(hub.Plain);
        await stranger.SendAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        var answer = await stranger.ReadToEndAsync();
        Assert.True(answer.Length is 0 or 4, Convert.ToHexString(answer));
    }

    public static TheoryData<string, byte[]> BrokenRules => new()
    {
        { "a second CONNECT", RawClient.Connect("bad") },
        { "QoS 2", MqttPackets.Publish("devices/bad/messages/events/", [1], 2, 1) },
        { "QoS 3", [0x36, 2, 0, 0] },
        { "another device's topic", MqttPackets.Publish("devices/other/messages/events/", [1], 1, 1) },
        { "a wildcard", MqttPackets.Publish("devices/bad/messages/events/#", [1], 1, 1) },
        { "invalid UTF-8", MqttPackets.Frame(0x30, [0, 2, 0xC3, 0x28]) },
        { "a malformed bag", MqttPackets.Publish("devices/bad/messages/events/a=%zz", [1], 1, 1) },
        { "too long a message", MqttPackets.Publish("devices/bad/messages/events/", new byte[(256 * 1024) + 1], 1, 1) },
        { "a gigabyte", [0x30, 0xFF, 0xFF, 0xFF, 0x7F] },
        { "a packet only servers send", [0x20, 2, 0, 0] },
        { "no packet id", MqttPackets.Publish("devices/bad/messages/events/", [1], 1, 0) },
        { "reserved flags", [0x80, 0] },
        { "a lying topic length", MqttPackets.Frame(0x30, [0xFF, 0xFF, 1]) },
    };

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public async Task A_device_that_breaks_a_rule_is_disconnected_and_another_does_not_notice(string rule, byte[] packet)
    {
        var id = "bad";
        var marker = $"good-{Math.Abs(rule.GetHashCode(StringComparison.Ordinal))}";
        await hub.CreateDeviceAsync(marker);
        await using var good = await TestDevice.ConnectAsync(hub, marker);
        await hub.EnsureDeviceAsync(id);
        await using var bad = await RawClient.OpenAsync(hub.Plain);
        await bad.SendAsync(RawClient.Connect(id));
        await bad.ReadAsync(4);
        await bad.SendAsync(packet);
        Assert.Empty(await bad.ReadToEndAsync());
        await good.PublishAsync($"devices/{marker}/messages/events/", "still here", qos: 1);
        Assert.True(good.Client.IsConnected);
    }

    [Fact]
    public async Task The_largest_message_is_taken()
    {
        await hub.CreateDeviceAsync("largest");
        await using var device = await RawClient.ConnectAsync(hub, "largest");
        await device.SendAsync(MqttPackets.Publish("devices/largest/messages/events/", new byte[256 * 1024], 1, 77));
        Assert.Equal([0x40, 2, 0, 77], await device.ReadAsync(4));
    }

    [Fact]
    public async Task An_http_request_and_a_silent_client_on_the_tls_port_are_let_go()
    {
        await using var http = await RawClient.OpenAsync(hub.Tls);
        await http.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"));
        await using var silent = await RawClient.OpenAsync(hub.Tls);
        await http.ReadToEndAsync();
        Assert.Empty(await silent.ReadToEndAsync());

        using var tcp = new TcpClient();
        await tcp.ConnectAsync(hub.Tls, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(tcp.GetStream(), false, static (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync(HubFixture.Host);
        await tls.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"), TestContext.Current.CancellationToken);
        Assert.Equal(0, await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, TestContext.Current.CancellationToken));
    }
}
