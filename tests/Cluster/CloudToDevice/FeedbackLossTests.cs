using System.Text.Json;
using Muster.Calls;
using Muster.Devices;
using Muster.Fixture;
using Muster.Placement;
using Xunit;

namespace Muster.CloudToDevice;

public sealed class FeedbackLossTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kill_between_the_end_of_a_message_and_its_feedback_loses_no_feedback_and_doubles_none()
    {
        await using var fixture = new ClusterFixture();
        await fixture.InitializeAsync();
        var victim = fixture.Cluster.Silos[2];
        var devices = await DevicesOfAsync(fixture, victim.Name, 10);
        fixture.ServiceQueues.FailNextAppends(int.MaxValue);
        foreach (var (_, device) in devices)
        {
            await EndMessageAsync(device);
        }

        await fixture.Cluster.KillSiloAsync(victim, Cancel);
        Assert.All(devices, device => Assert.Null(fixture.Storage.Stored(device.Key)!.Messages));
        Assert.Empty(await FeedbackAsync(fixture));
        fixture.ServiceQueues.FailNextAppends(0);

        // What the deadline scan does half a minute later.
        var calls = new GrainCalls(TimeProvider.System);
        foreach (var (key, device) in devices)
        {
            await Eventually.HoldsAsync($"the feedback has left the row of {key}", async () =>
            {
                await calls.CallAsync(key, Repeat.Always, async () => { await device.OnDeadlineAsync(); return 0; }, Cancel);
                return fixture.Storage.Stored(key)!.Feedback is null;
            });
        }

        Assert.Equal(devices.Select(device => device.Key).Order(StringComparer.Ordinal), (await FeedbackAsync(fixture)).Order(StringComparer.Ordinal));
    }

    private static async Task<List<(string Key, IDeviceGrain Grain)>> DevicesOfAsync(ClusterFixture fixture, string silo, int count)
    {
        var owners = PartitionOwners.Of(fixture.Cluster.Silos.Select(each => each.Name));
        List<(string Key, IDeviceGrain Grain)> devices = [];
        while (devices.Count < count)
        {
            var device = await fixture.NewDeviceAsync();
            if (owners.OwnerOf(device.Key) == silo)
            {
                devices.Add(device);
            }
        }

        return devices;
    }

    private static async Task EndMessageAsync(IDeviceGrain device)
    {
        Assert.IsType<SendMessageReply.Queued>(await device.SendMessageAsync(new CloudMessage { MessageId = "m", Ack = FeedbackLevel.Full }));
        var received = Assert.IsType<ReceiveMessageReply.Locked>(await device.ReceiveMessageAsync());
        Assert.IsType<SettleMessageReply.Settled>(await device.SettleMessageAsync(received.Message.LockToken, MessageOutcome.Complete));
    }

    private static async Task<string[]> FeedbackAsync(ClusterFixture fixture) =>
        [.. (await fixture.ServiceQueues.ReadAsync(ServiceQueues.Feedback, 0, int.MaxValue, Cancel))
            .Select(record => JsonDocument.Parse(record.Record.Body).RootElement.GetProperty("deviceId").GetString()!)];
}
