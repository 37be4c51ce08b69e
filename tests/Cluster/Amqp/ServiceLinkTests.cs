using System.Text.Json;
using Amqp;
using Amqp.Framing;
using Muster.Fixture;
using Muster.Mqtt;
using Xunit;

namespace Muster.Amqp;

public sealed class ServiceLinkTests(HubFixture hub)
{
    [Fact]
    public async Task A_message_is_sent_received_completed_and_its_feedback_comes_back()
    {
        await hub.CreateDeviceAsync("amqp-service");
        await using var office = await AmqpDevice.ConnectAsPolicyAsync(hub, "service");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-service");
        var feedback = await office.ReceiverAsync("/messages/serviceBound/feedback", 10);
        var link = await device.ReceiverAsync("/devices/amqp-service/messages/devicebound", 10);
        var sender = await office.SenderAsync("/messages/deviceBound");
        await sender.SendAsync(Message("amqp-service", "m1", "full"));
        var message = await AmqpDevice.NextAsync(link);
        Assert.Equal("m1", message.Properties.GetMessageId());
        link.Accept(message);
        for (var isMine = false; !isMine;)
        {
            var batch = await AmqpDevice.NextAsync(feedback);
            feedback.Accept(batch);
            isMine = JsonDocument.Parse(AmqpDevice.TextOf(batch)).RootElement.EnumerateArray().Any(record =>
                record.GetProperty("originalMessageId").GetString() == "m1" && record.GetProperty("statusCode").GetString() == "Success");
        }
    }

    [Fact]
    public async Task A_full_queue_an_unknown_device_and_too_large_a_message_each_have_their_error()
    {
        var grain = await hub.CreateDeviceAsync("amqp-full");
        await using var office = await AmqpDevice.ConnectAsPolicyAsync(hub, "service");
        var sender = await office.SenderAsync("/messages/devicebound");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => sender.SendAsync(Message("amqp-full", $"{i}", "none"))));
        Assert.Equal(50, (await grain.GetIdentityAsync())!.CloudToDeviceMessageCount);
        Assert.Equal("amqp:resource-limit-exceeded", await RejectionAsync(sender, Message("amqp-full", "51", "none")));
        Assert.Equal("amqp:not-found", await RejectionAsync(sender, Message("amqp-nobody", "m", "none")));
        Assert.Equal("com.microsoft:argument-error", await RejectionAsync(sender, Message("amqp-full", "m", "perhaps")));
        var large = Message("amqp-full", "m", "none");
        large.BodySection = new Data { Binary = new byte[65_537] };
        Assert.Equal("amqp:link:message-size-exceeded", await RejectionAsync(sender, large));
    }

    [Theory]
    [InlineData("device")]
    [InlineData("registryRead")]
    public async Task Without_service_connect_nothing_of_the_services_opens(string policy)
    {
        await using var office = await AmqpDevice.ConnectAsPolicyAsync(hub, policy);
        Assert.Equal("amqp:unauthorized-access", (await office.RefusalAsync("/messages/devicebound")).Condition);
    }

    [Fact]
    public async Task The_file_notification_receiver_opens()
    {
        await using var office = await AmqpDevice.ConnectAsPolicyAsync(hub, "service");
        var link = await office.ReceiverAsync("/messages/serviceBound/filenotifications", 1);
        await link.CloseAsync();
    }

    private static Message Message(string deviceId, string id, string ack)
    {
        var message = new Message
        {
            Properties = new Properties { To = $"/devices/{deviceId}/messages/devicebound" },
            ApplicationProperties = new ApplicationProperties { ["iothub-ack"] = ack },
            BodySection = new Data { Binary = [1] },
        };
        message.Properties.SetMessageId(id);
        return message;
    }

    private static async Task<string> RejectionAsync(SenderLink sender, Message message) =>
        (await Assert.ThrowsAsync<AmqpException>(() => sender.SendAsync(message))).Error.Condition;
}
