using System.Text;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Fixture;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

public sealed class CloudToDeviceTests(HubFixture hub)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_message_reaches_the_device_and_is_complete(int qos)
    {
        var id = $"c2d-{qos}";
        var grain = await hub.CreateDeviceAsync(id);
        await using var device = await TestDevice.ConnectAsync(hub, id);
        Assert.Equal(qos, await device.SubscribeAsync($"devices/{id}/messages/devicebound/#", qos));

        await SendAsync(grain, "m1");

        Assert.Equal(($"devices/{id}/messages/devicebound/%24.mid=m1&%24.to=%2Fdevices%2F{id}%2Fmessages%2Fdevicebound&k=v", "body of m1"), await device.ReceiveAsync());
        await EmptyAsync(grain);
    }

    [Fact]
    public async Task What_was_sent_while_the_device_was_away_comes_in_order_without_a_new_subscription()
    {
        var grain = await hub.CreateDeviceAsync("c2d-away");
        await using (var first = await TestDevice.ConnectAsync(hub, "c2d-away"))
        {
            await first.SubscribeAsync("devices/c2d-away/messages/devicebound/#", 1);
        }

        for (var i = 0; i < 50; i++)
        {
            await SendAsync(grain, $"{i}");
        }

        await using var second = await TestDevice.ConnectAsync(hub, "c2d-away");
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"body of {i}", (await second.ReceiveAsync()).Payload);
        }

        await EmptyAsync(grain);
    }

    [Fact]
    public async Task Order_is_kept_over_any_number_of_messages()
    {
        var grain = await hub.CreateDeviceAsync("c2d-order");
        await using var device = await TestDevice.ConnectAsync(hub, "c2d-order");
        await device.SubscribeAsync("devices/c2d-order/messages/devicebound/#", 1);
        for (var i = 0; i < 200; i++)
        {
            await Eventually.HoldsAsync("there is room", async () => await grain.SendMessageAsync(Message($"{i}")) is SendMessageReply.Queued);
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal($"body of {i}", (await device.ReceiveAsync()).Payload);
        }

        await EmptyAsync(grain);
    }

    [Fact]
    public async Task What_was_not_acknowledged_comes_again_marked_as_a_duplicate()
    {
        var grain = await hub.CreateDeviceAsync("c2d-dup");
        await using (var first = await ListenAsync("c2d-dup"))
        {
            await SendAsync(grain, "m");
            Assert.Equal((0x32, "m"), await NextAsync(first));
            first.Drop();
        }

        await using var second = await RawClient.OpenAsync(hub.Plain);
        await second.SendAsync(RawClient.Connect("c2d-dup"));
        Assert.Equal([0x20, 2, 1, 0], await second.ReadAsync(4));
        Assert.Equal((0x3A, "m"), await NextAsync(second));
        Assert.Equal(1, (await grain.GetIdentityAsync())!.CloudToDeviceMessageCount);
    }

    [Fact]
    public async Task A_purge_in_flight_and_an_acknowledgement_of_nothing_do_no_harm()
    {
        var grain = await hub.CreateDeviceAsync("c2d-purge");
        await using var device = await ListenAsync("c2d-purge");
        await SendAsync(grain, "gone");
        Assert.Equal((0x32, "gone"), await NextAsync(device));
        Assert.Equal(1, Assert.IsType<PurgeMessagesReply.Purged>(await grain.PurgeMessagesAsync()).Count);
        await device.SendAsync([0x40, 2, 0, 1, 0x40, 2, 0x77, 0x77]);
        await SendAsync(grain, "next");

        Assert.Equal((0x32, "next"), await NextAsync(device));
    }

    [Fact]
    public async Task A_device_that_does_not_acknowledge_is_sent_sixteen()
    {
        var grain = await hub.CreateDeviceAsync("c2d-window");
        await using var device = await ListenAsync("c2d-window");
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(grain, $"{i}");
        }

        for (var i = 0; i < 16; i++)
        {
            Assert.Equal((0x32, $"{i}"), await NextAsync(device));
        }

        // The answer to a ping would come behind whatever had been sent before.
        await device.SendAsync([0xC0, 0]);
        Assert.Equal([0xD0, 0], await device.ReadAsync(2));
        await device.SendAsync([0x40, 2, 0, 1]);
        Assert.Equal((0x32, "16"), await NextAsync(device));
    }

    [Fact]
    public async Task A_device_that_acknowledges_nothing_while_its_messages_are_purged_is_given_up_at_last()
    {
        var grain = await hub.CreateDeviceAsync("c2d-deaf");
        await using var device = await ListenAsync("c2d-deaf");
        for (var round = 0; round < 64; round++)
        {
            for (var i = 0; i < 16; i++)
            {
                await SendAsync(grain, $"{round}-{i}");
                Assert.Equal((0x32, $"{round}-{i}"), await NextAsync(device));
            }

            await grain.PurgeMessagesAsync();
        }

        await SendAsync(grain, "one too many");
        Assert.Empty(await device.ReadToEndAsync());
    }

    [Fact]
    public async Task A_malformed_acknowledgement_ends_the_connection()
    {
        await hub.CreateDeviceAsync("c2d-bad");
        await using var device = await ListenAsync("c2d-bad");
        await device.SendAsync([0x40, 1, 0]);
        Assert.Empty(await device.ReadToEndAsync());
    }

    private async Task<RawClient> ListenAsync(string id)
    {
        var device = await RawClient.ConnectAsync(hub, id);
        await device.SendAsync(MqttPackets.Subscribe(9, ($"devices/{id}/messages/devicebound/#", 1)));
        Assert.Equal([0x90, 3, 0, 9, 1], await device.ReadAsync(5));
        return device;
    }

    /// <summary>First byte and message id of the next PUBLISH.</summary>
    private static async Task<(int First, string MessageId)> NextAsync(RawClient device)
    {
        var first = (await device.ReadAsync(1))[0];
        var (length, shift) = (0, 0);
        for (byte b = 0x80; (b & 0x80) != 0; shift += 7)
        {
            b = (await device.ReadAsync(1))[0];
            length |= (b & 0x7F) << shift;
        }

        var text = Encoding.UTF8.GetString(await device.ReadAsync(length));
        var begin = text.IndexOf("%24.mid=", StringComparison.Ordinal) + 8;
        return (first, text[begin..text.IndexOf('&', begin)]);
    }

    private static CloudMessage Message(string id) =>
        new() { MessageId = id, Properties = [new("k", "v")], Body = Encoding.UTF8.GetBytes($"body of {id}") };

    private static async Task SendAsync(IDeviceGrain grain, string id) =>
        Assert.IsType<SendMessageReply.Queued>(await grain.SendMessageAsync(Message(id)));

    private static Task EmptyAsync(IDeviceGrain grain) =>
        Eventually.HoldsAsync("the queue is empty", async () => (await grain.GetIdentityAsync())!.CloudToDeviceMessageCount == 0);
}
