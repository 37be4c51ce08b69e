using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muster.Mqtt;
using Xunit;

namespace Muster.Telemetry;

public sealed class PumpTests(HubFixture hub)
{
    [Fact(Timeout = 30_000)]
    public async Task Telemetry_in_the_log_reaches_its_device_and_can_be_read_back()
    {
        const string Id = "pump-1";
        var cancelled = TestContext.Current.CancellationToken;
        var device = await hub.CreateDeviceAsync(Id);
        var records = new ArrayBufferWriter<byte>();
        var origin = new EventOrigin(Id, null, (await device.GetIdentityAsync())!.GenerationId, "{}");
        new EventWriter(records, origin, EventSource.Telemetry).End(new ReadOnlySequence<byte>("""{"pressure":3}"""u8.ToArray()));
        new EventWriter(records, origin, EventSource.Telemetry).End(new ReadOnlySequence<byte>("""{"pressure":4}"""u8.ToArray()));

        await hub.Services.GetRequiredService<IEventLog>().AppendAsync(origin.Partition, records.WrittenMemory, 2);
        var latest = await device.GetTelemetryAsync();
        while (latest?.LastActivityAt is null)
        {
            await Task.Delay(10, cancelled);
            latest = await device.GetTelemetryAsync();
        }

        Assert.Equal(4, JsonDocument.Parse(latest.Fields.Memory).RootElement.GetProperty("pressure").GetProperty("value").GetInt32());
        var page = await hub.Grains.GetGrain<IEventReaderGrain>(0).ReadAsync(origin.Partition, 0, 1000);
        Assert.Equal(["{\"pressure\":3}", "{\"pressure\":4}"], page.Where(e => e.DeviceId == Id && e.Source == EventSource.Telemetry).Select(e => Encoding.UTF8.GetString(e.Body.Span)));
        var partitions = await hub.Grains.GetGrain<IEventReaderGrain>(0).DescribeAsync();
        Assert.Equal(32, partitions.Length);
        Assert.True(partitions[origin.Partition].NextOffset > page[^1].Offset);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_a_deleted_device_sent_is_not_the_one_s_that_has_its_id_now()
    {
        const string Id = "pump-2";
        var cancelled = TestContext.Current.CancellationToken;
        var device = await hub.CreateDeviceAsync(Id);
        var before = new EventOrigin(Id, null, (await device.GetIdentityAsync())!.GenerationId, "{}");
        await device.DeleteAsync(null);
        await hub.CreateDeviceAsync(Id);
        var now = new EventOrigin(Id, null, (await device.GetIdentityAsync())!.GenerationId, "{}");
        var records = new ArrayBufferWriter<byte>();
        new EventWriter(records, before, EventSource.Telemetry).End(new ReadOnlySequence<byte>("""{"pressure":3,"old":1}"""u8.ToArray()));
        new EventWriter(records, now, EventSource.Telemetry).End(new ReadOnlySequence<byte>("""{"pressure":4}"""u8.ToArray()));
        new EventWriter(records, before, EventSource.Telemetry).End(new ReadOnlySequence<byte>("""{"pressure":5}"""u8.ToArray()));

        await hub.Services.GetRequiredService<IEventLog>().AppendAsync(now.Partition, records.WrittenMemory, 3);
        var latest = await device.GetTelemetryAsync();
        while (latest?.LastActivityAt is null)
        {
            await Task.Delay(10, cancelled);
            latest = await device.GetTelemetryAsync();
        }

        var field = Assert.Single(JsonDocument.Parse(latest.Fields.Memory).RootElement.EnumerateObject().ToArray());
        Assert.Equal(4, field.Value.GetProperty("value").GetInt32());
    }
}
