using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Methods;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

public sealed class SessionTests(HubFixture hub)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Subscriptions_outlive_the_connection_however_it_ends(bool politely)
    {
        var id = $"session-{politely}";
        var grain = await hub.CreateDeviceAsync(id);
        await using (var first = await TestDevice.ConnectAsync(hub, id))
        {
            Assert.False(first.Connected.IsSessionPresent);
            await first.SubscribeAsync("$iothub/twin/res/#");
            await first.SubscribeAsync("$iothub/twin/PATCH/properties/desired/#");
            if (politely)
            {
                await first.Client.DisconnectAsync(new MQTTnet.MqttClientDisconnectOptions(), TestContext.Current.CancellationToken);
            }
        }

        await using var second = await TestDevice.ConnectAsync(hub, id);
        Assert.True(second.Connected.IsSessionPresent);
        await second.PublishAsync("$iothub/twin/GET/?$rid=1");
        Assert.StartsWith("$iothub/twin/res/200/?$rid=1", (await second.ReceiveAsync()).Topic, StringComparison.Ordinal);
        await grain.PatchDesiredAsync(JsonUtf8.Parse("{\"a\":1}"));
        Assert.Equal("{\"a\":1,\"$version\":2}", (await second.ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task A_clean_session_forgets()
    {
        await hub.CreateDeviceAsync("session-clean");
        await using (var first = await TestDevice.ConnectAsync(hub, "session-clean"))
        {
            await first.SubscribeAsync("$iothub/twin/res/#");
        }

        await using (var clean = await TestDevice.ConnectAsync(hub, "session-clean", o => o.WithCleanSession()))
        {
            Assert.False(clean.Connected.IsSessionPresent);
        }

        await using var third = await TestDevice.ConnectAsync(hub, "session-clean");
        Assert.False(third.Connected.IsSessionPresent);
    }

    [Fact]
    public async Task An_unsubscribed_or_offline_device_cannot_be_called()
    {
        var grain = await hub.CreateDeviceAsync("session-nomethods");
        await using var device = await TestDevice.ConnectAsync(hub, "session-nomethods");
        await device.SubscribeAsync("$iothub/methods/POST/#");
        await device.Client.UnsubscribeAsync(new MQTTnet.MqttClientUnsubscribeOptionsBuilder().WithTopicFilter("$iothub/methods/POST/#").Build(), TestContext.Current.CancellationToken);
        var reply = await grain.InvokeMethodAsync(new MethodCall { Name = "m" });
        Assert.Equal(HubErrorCode.DeviceNotOnline, Assert.IsType<MethodReply.Refused>(reply).Why.Code);
    }

    [Fact]
    public async Task A_call_that_waits_is_made_as_soon_as_the_device_subscribes()
    {
        var grain = await hub.CreateDeviceAsync("session-late");
        for (var i = 0; i < 20; i++)
        {
            await using var device = await TestDevice.ConnectAsync(hub, "session-late", o => o.WithCleanSession());
            var call = grain.InvokeMethodAsync(new MethodCall { Name = "m", ConnectTimeout = TimeSpan.FromSeconds(60) });
            await device.SubscribeAsync("$iothub/methods/POST/#");
            var request = (await device.ReceiveAsync()).Topic;
            await device.PublishAsync($"$iothub/methods/res/200/{request[request.IndexOf('?', StringComparison.Ordinal)..]}", "1");
            Assert.IsType<MethodReply.Answered>(await call);
        }
    }

    [Fact]
    public async Task A_newer_connection_closes_the_older()
    {
        await hub.CreateDeviceAsync("session-twice");
        await using var first = await TestDevice.ConnectAsync(hub, "session-twice");
        await using var second = await TestDevice.ConnectAsync(hub, "session-twice");
        await first.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await second.PublishAsync("devices/session-twice/messages/events/", "x", qos: 1);
        Assert.True(second.Client.IsConnected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disabled_or_deleted_device_is_disconnected_and_stays_out(bool delete)
    {
        var id = $"session-off-{delete}";
        var grain = await hub.CreateDeviceAsync(id);
        await using var device = await TestDevice.ConnectAsync(hub, id);
        await (delete ? grain.DeleteAsync(null) : grain.UpdateAsync(new IdentitySpec { Status = DeviceStatus.Disabled }, null));
        await device.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(5, await ReturnCodeAsync(RawClient.Connect(id)));
    }

    [Fact]
    public async Task A_silent_device_is_let_go_and_one_that_pings_is_not()
    {
        await hub.CreateDeviceAsync("session-silent");
        await hub.CreateDeviceAsync("session-ping");
        await using var silent = await RawClient.ConnectAsync(hub, "session-silent", keepAlive: 1);
        await using var pinging = await RawClient.ConnectAsync(hub, "session-ping", keepAlive: 3);
        var gone = silent.ReadToEndAsync();
        while (!gone.IsCompleted)
        {
            await pinging.SendAsync([0xC0, 0]);
            Assert.Equal([0xD0, 0], await pinging.ReadAsync(2));
            await Task.WhenAny(gone, Task.Delay(300, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_token_that_lapses_ends_the_connection()
    {
        await hub.CreateDeviceAsync("session-lapse");
        var token = HubFixture.Token($"{HubFixture.Host}/devices/session-lapse", HubFixture.KeyOf("session-lapse"), validFor: TimeSpan.FromSeconds(6));
        await using var device = await RawClient.ConnectAsync(hub, "session-lapse", token: token);
        Assert.Empty(await device.ReadToEndAsync());
    }

    [Fact]
    public async Task A_will_is_sent_when_the_connection_drops_and_not_when_it_is_closed()
    {
        await hub.CreateDeviceAsync("will-drop");
        await hub.CreateDeviceAsync("will-bye");
        var dropped = await RawClient.ConnectAsync(hub, "will-drop", will: "gone"u8.ToArray());
        await using var polite = await RawClient.ConnectAsync(hub, "will-bye", will: "gone"u8.ToArray());
        await polite.SendAsync([0xE0, 0]);
        await polite.ReadToEndAsync();
        dropped.Drop();

        var will = Assert.Single(await hub.EventsOfAsync("will-drop", 1));
        Assert.Equal("gone", System.Text.Encoding.UTF8.GetString(will.Body.Span));
        Assert.Equal([new("iothub-MessageType", "Will"), new("a", "b")], will.Properties);
        Assert.Empty(await hub.EventsOfAsync("will-bye", 0));
    }

    [Fact]
    public async Task A_will_for_another_topic_is_refused()
    {
        await hub.CreateDeviceAsync("will-bad");
        await using var client = await RawClient.OpenAsync(hub.Plain);
        await client.SendAsync(MqttPackets.Connect(
            "will-bad", $"{HubFixture.Host}/will-bad", HubFixture.DeviceToken("will-bad"), ("some/topic", "x"u8.ToArray())));
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Publishes_of_one_read_are_acknowledged_in_order_and_stored_in_order()
    {
        await hub.CreateDeviceAsync("session-order");
        await using var device = await RawClient.ConnectAsync(hub, "session-order");
        var ids = Enumerable.Range(1, 300).ToArray();
        await device.SendAsync([.. ids.SelectMany(i => MqttPackets.Publish("devices/session-order/messages/events/", BitConverter.GetBytes(i), 1, (ushort)i))]);
        var acks = await device.ReadAsync(4 * ids.Length);
        Assert.Equal(ids, acks.Chunk(4).Select(a => (a[2] << 8) | a[3]));
        Assert.Equal(ids, (await hub.EventsOfAsync("session-order", 300)).Select(e => BitConverter.ToInt32(e.Body.Span)));
    }

    [Fact]
    public async Task A_device_that_does_not_read_is_disconnected_and_not_buffered_for()
    {
        var grain = await hub.CreateDeviceAsync("session-deaf");
        await using var device = await RawClient.ConnectAsync(hub, "session-deaf");
        await device.SendAsync(MqttPackets.Subscribe(1, ("$iothub/twin/PATCH/properties/desired/#", 0)));
        await device.ReadAsync(5);
        var filler = new string('x', 4000);
        var big = string.Join(',', Enumerable.Range(0, 7).Select(i => $"\"k{i}\":\"{filler}\""));
        for (var i = 0; i < 4000 && (await grain.GetIdentityAsync())!.ConnectionState == ConnectionState.Connected; i++)
        {
            await grain.PatchDesiredAsync(JsonUtf8.Parse($"{{{big},\"n\":{i}}}"));
        }

        Assert.Equal(ConnectionState.Disconnected, (await grain.GetIdentityAsync())!.ConnectionState);
    }

    private async Task<int> ReturnCodeAsync(byte[] connect)
    {
        await using var client = await RawClient.OpenAsync(hub.Plain);
        await client.SendAsync(connect);
        return (await client.ReadAsync(4))[3];
    }
}
