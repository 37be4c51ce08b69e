using System.Text.Json;
using Muster.Amqp;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Fixture;
using Muster.Mqtt;
using Muster.Telemetry;
using Xunit;

namespace Muster.Upstream;

public sealed class UpstreamMessagesTests(HubFixture hub)
{
    private readonly string deviceId = $"up-c2d-{Guid.NewGuid():N}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_reaches_its_device_whole_and_its_feedback_comes_again_until_it_is_completed()
    {
        await hub.CreateDeviceAsync(deviceId);
        await using var client = new UpstreamClient(hub);
        await using var device = await AmqpDevice.ConnectAsync(hub, deviceId);
        var link = await device.ReceiverAsync($"/devices/{deviceId}/messages/devicebound", 1);
        var message = new CloudMessage
        {
            MessageId = deviceId,
            CorrelationId = "c",
            ContentType = "text/plain",
            ExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(30),
            Ack = FeedbackLevel.Full,
            Properties = [new EventProperty("p", "v")],
            Body = "hello"u8.ToArray(),
        };
        Assert.IsType<SendMessageReply.Queued>(await client.Messages.SendAsync(DeviceKey.Parse(deviceId), message, Cancel));
        var received = await AmqpDevice.NextAsync(link);
        Assert.Equal((deviceId, "v", "hello"), (received.Properties.GetMessageId(), received.ApplicationProperties["p"], AmqpDevice.TextOf(received)));
        Assert.Equal(message.ExpiresAt.Value.ToUnixTimeSeconds(), new DateTimeOffset(received.Properties.AbsoluteExpiryTime.ToUniversalTime()).ToUnixTimeSeconds());
        link.Accept(received);

        var first = await FeedbackAsync(client, isCompleted: false);
        var again = await FeedbackAsync(client, isCompleted: true);
        Assert.Equal(first.Id, again.Id);
        Assert.Equal(first.At, again.At);
    }

    [Fact]
    public async Task A_full_queue_and_an_unknown_device_have_the_hubs_own_numbers()
    {
        await hub.CreateDeviceAsync(deviceId);
        await using var client = new UpstreamClient(hub);
        var key = DeviceKey.Parse(deviceId);
        var sent = await Task.WhenAll(Enumerable.Range(0, CloudMessage.MaxQueueDepth).Select(_ => client.Messages.SendAsync(key, new CloudMessage(), Cancel)));
        Assert.All(sent, static reply => Assert.IsType<SendMessageReply.Queued>(reply));
        Assert.Equal(HubErrorCode.DeviceMaximumQueueDepthExceeded, await RefusedAsync(client, key));
        Assert.Equal(HubErrorCode.DeviceNotFound, await RefusedAsync(client, DeviceKey.Parse(deviceId + "-nobody")));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_made_again_for_the_next_message()
    {
        var grain = await hub.CreateDeviceAsync(deviceId);
        await using var client = new UpstreamClient(hub);
        var key = DeviceKey.Parse(deviceId);
        Assert.IsType<SendMessageReply.Queued>(await client.Messages.SendAsync(key, new CloudMessage(), Cancel));
        await using var queue = await client.Queues.OpenAsync(ServiceQueues.FileNotifications, Cancel);
        await client.BreakAsync(Cancel);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => queue.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        await Eventually.HoldsAsync("a message is sent again", async () =>
        {
            try
            {
                return await client.Messages.SendAsync(key, new CloudMessage(), Cancel) is SendMessageReply.Queued;
            }
            catch (UpstreamFaultException)
            {
                return false;
            }
        });
        Assert.InRange((await grain.GetIdentityAsync())!.CloudToDeviceMessageCount, 2, CloudMessage.MaxQueueDepth);
    }

    [Fact]
    public async Task The_queue_of_file_notices_opens_and_one_that_does_not_exist_is_a_fault()
    {
        await using var client = new UpstreamClient(hub);
        await using var files = await client.Queues.OpenAsync(ServiceQueues.FileNotifications, Cancel);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => client.Queues.OpenAsync("nothing", Cancel));
    }

    private static async Task<HubErrorCode> RefusedAsync(UpstreamClient client, DeviceKey key) =>
        Assert.IsType<SendMessageReply.Refused>(await client.Messages.SendAsync(key, new CloudMessage(), Cancel)).Why.Code;

    private async Task<ServiceRecord> FeedbackAsync(UpstreamClient client, bool isCompleted)
    {
        await using var queue = await client.Queues.OpenAsync(ServiceQueues.Feedback, Cancel);
        while (true)
        {
            var records = await queue.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel);
            if (records.FirstOrDefault(IsMine) is not { } mine)
            {
                await queue.CompleteAsync(Cancel);
                continue;
            }

            if (isCompleted)
            {
                await queue.CompleteAsync(Cancel);
            }

            return mine;
        }
    }

    private bool IsMine(ServiceRecord record) => JsonDocument.Parse(record.Body).RootElement.GetProperty("originalMessageId").GetString() == deviceId;
}
