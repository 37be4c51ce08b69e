using System.Collections.Immutable;
using System.Text.Json;
using Muster.Devices;
using Muster.Errors;
using Muster.Fixture;
using Muster.Sessions;
using Xunit;

namespace Muster.CloudToDevice;

public sealed class QueueTests(ClusterFixture cluster)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_lent_once_and_settled_once()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        await SendAsync(device, "a");
        await SendAsync(device, "b");

        var first = await ReceiveAsync(device);
        var second = await ReceiveAsync(device);

        Assert.Equal(("a", "b", 0), (first!.Message.MessageId, second!.Message.MessageId, first.DeliveryCount));
        Assert.Null(await ReceiveAsync(device));
        Assert.IsType<SettleMessageReply.Settled>(await device.SettleMessageAsync(first.LockToken, MessageOutcome.Complete));
        Assert.Equal(HubErrorCode.DeviceMessageLockLost, Lost(await device.SettleMessageAsync(first.LockToken, MessageOutcome.Complete)));
        Assert.Equal(1, (await device.GetIdentityAsync())!.CloudToDeviceMessageCount);
        Assert.Single(new CloudQueue(cluster.Storage.Stored(key)!.Messages).Messages);
    }

    [Fact]
    public async Task An_abandoned_message_comes_again_and_the_tenth_time_is_the_last()
    {
        var (_, device) = await cluster.NewDeviceAsync();
        await SendAsync(device, "a", FeedbackLevel.Negative);
        for (var i = 0; i < 10; i++)
        {
            var message = await ReceiveAsync(device);
            Assert.Equal(i, message!.DeliveryCount);
            await device.SettleMessageAsync(message.LockToken, MessageOutcome.Abandon);
        }

        Assert.Null(await ReceiveAsync(device));
        Assert.Equal("DeliveryCountExceeded", (await FeedbackOfAsync(device.GetPrimaryKeyString(), 1))[0].Status);
    }

    [Fact]
    public async Task Each_end_of_a_message_is_fed_back_once_in_three_writes()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        var (before, identity) = (cluster.Storage.WritesOf(key), await device.GetIdentityAsync());
        await SendAsync(device, "done", FeedbackLevel.Full);
        await device.SettleMessageAsync((await ReceiveAsync(device))!.LockToken, MessageOutcome.Complete);
        await SendAsync(device, "never", FeedbackLevel.Full);
        await device.SettleMessageAsync((await ReceiveAsync(device))!.LockToken, MessageOutcome.Reject);

        var feedback = await FeedbackOfAsync(key, 2);

        Assert.Equal([("done", "Success"), ("never", "Rejected")], feedback.Select(record => (record.Message, record.Status)));
        Assert.All(feedback, record => Assert.Equal(identity!.GenerationId, record.Generation));
        // Two for each message, in its row; the third is the feedback queue's.
        Assert.Equal(before + 4, cluster.Storage.WritesOf(key));
    }

    [Fact]
    public async Task Feedback_that_the_queue_did_not_take_is_sent_again_and_arrives_once()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        cluster.ServiceQueues.FailNextAppends(2);
        await SendAsync(device, "a", FeedbackLevel.Full);
        await device.SettleMessageAsync((await ReceiveAsync(device))!.LockToken, MessageOutcome.Complete);
        Assert.NotNull(cluster.Storage.Stored(key)!.Feedback);

        await Eventually.HoldsAsync("the feedback has left the row", async () =>
        {
            await device.OnDeadlineAsync();
            return cluster.Storage.Stored(key)!.Feedback is null;
        });

        Assert.Single(await FeedbackOfAsync(key, 1));
    }

    [Fact]
    public async Task A_caller_of_another_process_is_told_what_the_store_said()
    {
        var queue = cluster.Cluster.Client.GetGrain<IServiceQueueGrain>($"queue-{Guid.NewGuid():N}");
        cluster.ServiceQueues.FailNextAppends(1);

        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => queue.PutAsync([Record()]));

        Assert.Equal("As the test says.", fault.Message);
        await queue.PutAsync([Record()]);
    }

    [Fact]
    public async Task What_expires_while_nobody_asks_is_fed_back_by_the_deadline()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        await device.SendMessageAsync(new CloudMessage { MessageId = "a", Ack = FeedbackLevel.Full, ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(1) });

        Assert.Equal(("a", "Expired"), (await FeedbackOfAsync(key, 1)).Select(record => (record.Message, record.Status)).Single());
        Assert.Null(cluster.Storage.Stored(key)!.Messages);
    }

    [Fact]
    public async Task A_purge_takes_all_and_a_device_made_again_has_none()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        await SendAsync(device, "a", FeedbackLevel.Negative);
        await SendAsync(device, "b");
        var lent = await ReceiveAsync(device);

        Assert.Equal(2, Assert.IsType<PurgeMessagesReply.Purged>(await device.PurgeMessagesAsync()).Count);
        Assert.Equal(HubErrorCode.DeviceMessageLockLost, Lost(await device.SettleMessageAsync(lent!.LockToken, MessageOutcome.Complete)));
        Assert.Equal(0, Assert.IsType<PurgeMessagesReply.Purged>(await device.PurgeMessagesAsync()).Count);
        Assert.Equal("Purged", Assert.Single(await FeedbackOfAsync(key, 1)).Status);

        await SendAsync(device, "c");
        await device.DeleteAsync(null);
        Assert.IsType<SendMessageReply.Refused>(await device.SendMessageAsync(new CloudMessage()));
        await device.CreateAsync(new IdentitySpec());
        Assert.Null(await ReceiveAsync(device));
    }

    [Fact]
    public async Task The_queue_has_its_bound_and_modules_and_strangers_have_none()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => SendAsync(device, $"{i}")));
        Assert.Equal(HubErrorCode.DeviceMaximumQueueDepthExceeded, Refused(await device.SendMessageAsync(new CloudMessage())));
        Assert.Equal(HubErrorCode.DeviceNotFound, Refused(await cluster.Device("nobody").SendMessageAsync(new CloudMessage())));
        await device.CreateModuleAsync("m", new IdentitySpec());
        Assert.Equal(HubErrorCode.ArgumentInvalid, Refused(await cluster.Device($"{key}/m").SendMessageAsync(new CloudMessage())));
    }

    [Fact]
    public async Task A_listening_session_gets_messages_in_order_as_far_as_it_settles_them()
    {
        var (_, device) = await cluster.NewDeviceAsync();
        var (attached, session) = await cluster.ConnectAsync(device);
        await device.SetSubscriptionsAsync(attached.Session, SessionSubscriptions.CloudToDevice | SessionSubscriptions.CloudToDeviceQos1);
        for (var i = 0; i < 40; i++)
        {
            await SendAsync(device, $"{i}");
        }

        await Eventually.HoldsAsync("sixteen messages are lent", () => session.Waiting == 16);
        for (var i = 0; i < 40; i++)
        {
            var message = await session.NextMessageAsync(Cancel);
            Assert.Equal($"{i}", message.Message.MessageId);
            Assert.IsType<SettleMessageReply.Settled>(await device.SettleMessageAsync(message.LockToken, MessageOutcome.Complete));
        }
    }

    [Fact]
    public async Task A_session_without_room_is_handed_more_when_it_says_so()
    {
        var (_, device) = await cluster.NewDeviceAsync();
        var (attached, session) = await cluster.ConnectAsync(device);
        session.Room = 1;
        await device.SetSubscriptionsAsync(attached.Session, SessionSubscriptions.CloudToDevice);
        await SendAsync(device, "a");
        await SendAsync(device, "b");
        Assert.Equal("a", (await session.NextMessageAsync(Cancel)).Message.MessageId);

        session.Room = 5;
        await device.WantMessagesAsync(attached.Session);

        var second = await session.NextMessageAsync(Cancel);
        Assert.Equal(("b", 0), (second.Message.MessageId, second.DeliveryCount));
    }

    [Fact]
    public async Task The_next_session_gets_what_the_last_did_not_settle()
    {
        var (_, device) = await cluster.NewDeviceAsync();
        var (first, session) = await cluster.ConnectAsync(device);
        await device.SetSubscriptionsAsync(first.Session, SessionSubscriptions.CloudToDevice | SessionSubscriptions.CloudToDeviceQos1);
        await SendAsync(device, "a");
        var lent = await session.NextMessageAsync(Cancel);
        await device.DetachAsync(first.Session);

        var (_, second) = await cluster.ConnectAsync(device, silo: 1);

        var again = await second.NextMessageAsync(Cancel);
        Assert.Equal((lent.SequenceNumber, 1), (again.SequenceNumber, again.DeliveryCount));
        Assert.NotEqual(lent.LockToken, again.LockToken);
    }

    [Fact]
    public async Task What_a_lost_activation_lent_is_lent_again_and_settled()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        var (attached, session) = await cluster.ConnectAsync(device);
        await device.SetSubscriptionsAsync(attached.Session, SessionSubscriptions.CloudToDevice | SessionSubscriptions.CloudToDeviceQos1);
        await SendAsync(device, "a");
        var lent = await session.NextMessageAsync(Cancel);
        cluster.Storage.FailNextWrite(key, new Orleans.Storage.InconsistentStateException("As the test says."));
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(device, "b"));

        Assert.Equal(1, await CountAsync(device));
        var again = await session.NextMessageAsync(Cancel);
        Assert.Equal(lent.SequenceNumber, again.SequenceNumber);
        Assert.IsType<SettleMessageReply.Settled>(await device.SettleMessageAsync(again.LockToken, MessageOutcome.Complete));
        Assert.Equal(0, await CountAsync(device));
    }

    [Fact]
    public async Task Receivers_of_a_service_queue_share_it()
    {
        var queue = cluster.Cluster.Client.GetGrain<IServiceQueueGrain>($"test-{Guid.NewGuid():N}");
        Assert.Null(await queue.ReceiveAsync(10, TimeSpan.Zero));
        var waiting = queue.ReceiveAsync(10, TimeSpan.FromSeconds(15));
        var records = Enumerable.Range(0, 3).Select(_ => Record()).ToImmutableArray();
        await queue.PutAsync(records);
        await queue.PutAsync(records);

        var lent = await waiting;

        Assert.Equal(records.Select(record => record.Id), lent!.Records.Select(record => record.Id));
        Assert.Null(await queue.ReceiveAsync(10, TimeSpan.Zero));
        Assert.True(await queue.SettleAsync(lent.LockToken, MessageOutcome.Abandon));
        var again = await queue.ReceiveAsync(2, TimeSpan.Zero);
        Assert.Equal((2, 1), (again!.Records.Length, again.DeliveryCount));
        Assert.True(await queue.SettleAsync(again.LockToken, MessageOutcome.Complete));
        Assert.False(await queue.SettleAsync(again.LockToken, MessageOutcome.Complete));
        await queue.PutAsync(records);
        Assert.Equal(records[2].Id, Assert.Single((await queue.ReceiveAsync(10, TimeSpan.Zero))!.Records).Id);
    }

    [Fact]
    public async Task Records_whose_write_had_no_answer_or_that_were_there_already_are_received()
    {
        var key = $"test-{Guid.NewGuid():N}";
        var queue = cluster.Cluster.Client.GetGrain<IServiceQueueGrain>(key);
        Assert.Null(await queue.ReceiveAsync(10, TimeSpan.Zero));
        var unknown = Record();
        cluster.ServiceQueues.LoseNextAnswer(key);
        await Assert.ThrowsAnyAsync<Exception>(() => queue.PutAsync([unknown]));
        Assert.Equal(unknown.Id, Assert.Single((await queue.ReceiveAsync(10, TimeSpan.Zero))!.Records).Id);

        var there = Record();
        await cluster.ServiceQueues.AppendAsync(key, [there], Cancel);
        Assert.Null(await queue.ReceiveAsync(10, TimeSpan.Zero));
        await queue.PutAsync([there]);
        Assert.Equal(there.Id, Assert.Single((await queue.ReceiveAsync(10, TimeSpan.Zero))!.Records).Id);
    }

    [Fact]
    public async Task A_message_that_is_completed_while_its_device_is_deleted_is_fed_back()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        await SendAsync(device, "silent");
        await SendAsync(device, "told", FeedbackLevel.Full);
        var (silent, told) = ((await ReceiveAsync(device))!, (await ReceiveAsync(device))!);
        var writes = cluster.Storage.WritesOf(key);
        Task first, deletion, second;
        using (cluster.Storage.HoldWrites(key))
        {
            first = device.SettleMessageAsync(silent.LockToken, MessageOutcome.Complete);
            await cluster.Storage.WriteBeganAsync(key, writes + 1);
            deletion = device.DeleteAsync(null);

            // Calls are taken up in their order: the deletion waits for the write by now, and then the second message is decided.
            await device.GetTwinAsync();
            second = device.SettleMessageAsync(told.LockToken, MessageOutcome.Complete);
            await device.GetTwinAsync();
        }

        await Task.WhenAll(first, deletion, second);
        Assert.Equal(("told", "Success"), (await FeedbackOfAsync(key, 1)).Select(record => (record.Message, record.Status)).Single());
        Assert.Null(cluster.Storage.Stored(key));
    }

    private async Task<(string Message, string Status, string Generation)[]> FeedbackOfAsync(string deviceId, int count)
    {
        (string, string, string)[] found = [];
        await Eventually.HoldsAsync($"{count} records of feedback of {deviceId}", async () =>
        {
            var records = await cluster.ServiceQueues.ReadAsync(ServiceQueues.Feedback, 0, int.MaxValue, Cancel);
            found = [.. records.Select(record => JsonDocument.Parse(record.Record.Body).RootElement)
                .Where(record => record.GetProperty("deviceId").GetString() == deviceId)
                .Select(record => (Text(record, "originalMessageId"), Text(record, "statusCode"), Text(record, "deviceGenerationId")))];
            return found.Length >= count;
        });
        return found;
    }

    // The first call may meet the activation that is about to go.
    private static async Task<int> CountAsync(IDeviceGrain device)
    {
        while (true)
        {
            try
            {
                return (await device.GetIdentityAsync())!.CloudToDeviceMessageCount;
            }
            catch (OrleansException)
            {
                await Task.Yield();
            }
        }
    }

    private static string Text(JsonElement record, string name) => record.GetProperty(name).GetString()!;

    private static async Task SendAsync(IDeviceGrain device, string id, FeedbackLevel ack = FeedbackLevel.None) =>
        Assert.IsType<SendMessageReply.Queued>(await device.SendMessageAsync(new CloudMessage { MessageId = id, Ack = ack }));

    private static async Task<LockedMessage?> ReceiveAsync(IDeviceGrain device) => (await device.ReceiveMessageAsync() as ReceiveMessageReply.Locked)?.Message;

    private static HubErrorCode Lost(SettleMessageReply reply) => Assert.IsType<SettleMessageReply.Refused>(reply).Why.Code;

    private static HubErrorCode Refused(SendMessageReply reply) => Assert.IsType<SendMessageReply.Refused>(reply).Why.Code;

    private static ServiceRecord Record() => new() { Id = Guid.NewGuid(), At = TimeProvider.System.GetUtcNow(), Body = "{}"u8.ToArray() };
}
