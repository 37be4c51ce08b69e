using Muster.Devices;
using Muster.Fixture;
using Muster.Sessions;
using Xunit;

namespace Muster.CloudToDevice;

/// <summary>A cluster of its own: locks are short, and the feedback queue is held up.</summary>
public sealed class LapseTests : IAsyncLifetime
{
    private readonly ClusterFixture cluster = new()
    {
        Settings = new() { ["Deadlines:ScanEvery"] = "00:00:00.2", ["CloudToDevice:LockTime"] = "00:00:05" },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => cluster.InitializeAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task A_session_gets_what_a_device_asked_for_and_did_not_settle()
    {
        var (_, device) = await cluster.NewDeviceAsync();
        await device.SendMessageAsync(new CloudMessage { MessageId = "a" });
        var asked = Assert.IsType<ReceiveMessageReply.Locked>(await device.ReceiveMessageAsync()).Message;
        var (attached, session) = await cluster.ConnectAsync(device);
        await device.SetSubscriptionsAsync(attached.Session, SessionSubscriptions.CloudToDevice | SessionSubscriptions.CloudToDeviceQos1);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var pushed = await session.NextMessageAsync(patience.Token);
        Assert.Equal((asked.SequenceNumber, 1), (pushed.SequenceNumber, pushed.DeliveryCount));
    }

    [Fact]
    public async Task A_feedback_queue_that_does_not_answer_holds_no_deadline_up()
    {
        var (key, device) = await cluster.NewDeviceAsync();
        cluster.ServiceQueues.Hold();
        await device.SendMessageAsync(new CloudMessage { MessageId = "a", Ack = FeedbackLevel.Full });
        await device.SettleMessageAsync(((ReceiveMessageReply.Locked)await device.ReceiveMessageAsync()).Message.LockToken, MessageOutcome.Complete);
        Assert.NotNull(cluster.Storage.Stored(key)!.Feedback);

        // Sooner than the call that is held up would be given up.
        await device.OnDeadlineAsync().WaitAsync(TimeSpan.FromSeconds(15), Cancel);
        Assert.NotNull(cluster.Storage.Stored(key)!.Feedback);

        cluster.ServiceQueues.Release();
        await Eventually.HoldsAsync("the feedback has left the row", async () =>
        {
            await device.OnDeadlineAsync();
            return cluster.Storage.Stored(key)!.Feedback is null;
        });
    }
}
