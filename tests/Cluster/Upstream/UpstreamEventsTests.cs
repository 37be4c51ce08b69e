using System.Text;
using Amqp.Framing;
using Muster.Amqp;
using Muster.Errors;
using Muster.Fixture;
using Muster.Mqtt;
using Muster.Telemetry;
using Xunit;

namespace Muster.Upstream;

public sealed class UpstreamEventsTests(HubFixture hub)
{
    private readonly string deviceId = $"up-{Guid.NewGuid():N}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Partition => PartitionHash.EventPartition(deviceId);

    [Fact]
    public async Task Events_are_read_from_the_oldest_and_from_any_one_on_as_the_hub_has_them()
    {
        await SendAsync(25);
        var stored = await hub.EventsOfAsync(deviceId, 25);
        await using var client = new UpstreamClient(hub);
        Assert.Equal(PartitionHash.EventPartitions, await client.Events.CountPartitionsAsync(Cancel));
        await using (var oldest = await client.Events.OpenAsync(Partition, 0, 1, Cancel))
        {
            var read = await ReadAsync(oldest, 25);
            Assert.Equal(Enumerable.Range(0, 25), read.Select(Number));
            Assert.Equal(stored[0].SystemProperties.ToHashSet(), read[0].SystemProperties.ToHashSet());
            Assert.Equal((stored[0].Offset, stored[0].DeviceId, stored[0].Source), (read[0].Offset, read[0].DeviceId, read[0].Source));
            Assert.Equal(stored[0].EnqueuedAt.ToUnixTimeMilliseconds(), read[0].EnqueuedAt.ToUnixTimeMilliseconds());
            Assert.Contains(new EventProperty("level", "high"), read[0].Properties);
        }

        await using var later = await client.Events.OpenAsync(Partition, stored[20].Offset, 2, Cancel);
        Assert.Equal(stored[20].Offset, (await later.ReadAsync(1, Cancel)).Single().Offset);
    }

    [Fact]
    public async Task A_receiver_loses_its_partition_to_a_higher_epoch_and_not_to_a_lower_one()
    {
        await SendAsync(1);
        await using var client = new UpstreamClient(hub);
        await using var rival = new UpstreamClient(hub);
        await using var first = await client.Events.OpenAsync(Partition, 0, 5, Cancel);
        await ReadAsync(first, 1);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => rival.Events.OpenAsync(Partition, 0, 4, Cancel));
        await using var second = await rival.Events.OpenAsync(Partition, 0, 6, Cancel);
        await ReadAsync(second, 1);
        var fault = await Assert.ThrowsAsync<UpstreamFaultException>(() => DrainAsync(first));
        Assert.Contains("another has taken its place", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_made_again_and_no_event_is_lost()
    {
        await SendAsync(60);
        await using var client = new UpstreamClient(hub);
        await using var first = await client.Events.OpenAsync(Partition, 0, 1, Cancel);
        var read = await ReadAsync(first, 10);
        var connection = await client.Events.ConnectionAsync(Cancel);
        connection.Connection.Close(TimeSpan.Zero);
        await Assert.ThrowsAsync<UpstreamFaultException>(async () =>
        {
            while (true)
            {
                read.AddRange((await PatientAsync(first)).Where(IsMine));
            }
        });
        await using var second = await client.Events.OpenAsync(Partition, read[^1].Offset + 1, 2, Cancel);
        read.AddRange(await ReadAsync(second, 60 - read.Count));
        Assert.Equal(Enumerable.Range(0, 60), read.Select(Number));
    }

    [Fact]
    public async Task A_receiver_reads_two_batches_ahead_and_no_more()
    {
        await SendAsync(60);
        await using var client = new UpstreamClient(hub);
        await using var receiver = (UpstreamReceiver)await client.Events.OpenAsync(Partition, 0, 1, Cancel);
        await Eventually.HoldsAsync("two batches are there", () => receiver.Buffered == 2 * UpstreamClient.Batch);
        var first = await receiver.ReadAsync(7, Cancel);
        Assert.Equal(7, first.Length);
        await Eventually.HoldsAsync("what was taken is made up for", () => receiver.Buffered == 2 * UpstreamClient.Batch);
        await ReadAsync(receiver, 60 - first.Count(IsMine));
    }

    [Fact]
    public async Task A_hub_says_itself_where_its_events_are()
    {
        await SendAsync(1);
        await using var client = new UpstreamClient(hub, isRedirected: true);
        Assert.Equal(PartitionHash.EventPartitions, await client.Events.CountPartitionsAsync(Cancel));
        await using var receiver = await client.Events.OpenAsync(Partition, 0, 1, Cancel);
        await ReadAsync(receiver, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_is_not_the_hubs_is_a_fault(bool isRedirected)
    {
        await using var client = new UpstreamClient(hub, isRedirected, Convert.ToBase64String(new byte[32]));
        await Assert.ThrowsAsync<UpstreamFaultException>(() => client.Events.OpenAsync(0, 0, 1, Cancel));
    }

    private static int Number(StoredEvent stored) => int.Parse(Encoding.UTF8.GetString(stored.Body.Span), System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<IReadOnlyList<StoredEvent>> PatientAsync(IUpstreamReceiver receiver) =>
        await receiver.ReadAsync(7, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel);

    private static async Task DrainAsync(IUpstreamReceiver receiver)
    {
        while (true)
        {
            await PatientAsync(receiver);
        }
    }

    private async Task SendAsync(int count)
    {
        await hub.CreateDeviceAsync(deviceId);
        await using var device = await AmqpDevice.ConnectAsync(hub, deviceId);
        var sender = await device.SenderAsync($"/devices/{deviceId}/messages/events");
        for (var i = 0; i < count; i++)
        {
            var message = AmqpDevice.Text(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            message.Properties = new Properties { ContentType = "text/plain" };
            message.ApplicationProperties = new ApplicationProperties { ["level"] = "high" };
            await sender.SendAsync(message);
        }
    }

    // Other tests' devices may share the partition, and the hub says of its own accord that the device came.
    private async Task<List<StoredEvent>> ReadAsync(IUpstreamReceiver receiver, int count)
    {
        var read = new List<StoredEvent>();
        while (read.Count < count)
        {
            read.AddRange((await PatientAsync(receiver)).Where(IsMine));
        }

        return read;
    }

    private bool IsMine(StoredEvent stored) => stored.DeviceId == deviceId && stored.Source == EventSource.Telemetry;
}
