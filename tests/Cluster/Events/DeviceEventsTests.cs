using System.Text.Json;
using Muster.Fixture;
using Muster.Json;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Events;

/// <summary>What befalls a device stands in the log.</summary>
public sealed class DeviceEventsTests
{
    [Fact]
    public async Task A_life_of_a_device_is_told_in_its_order()
    {
        var log = new MemoryEventLog();
        await using var fixture = new ClusterFixture { Log = log };
        await fixture.InitializeAsync();
        var (key, device) = await fixture.NewDeviceAsync();
        Assert.Equal(["createDeviceIdentity"], await OperationsAsync(log, key));

        var (attached, _) = await fixture.ConnectAsync(device);
        await device.PatchReportedAsync(JsonUtf8.Parse("""{"a":1}"""), null, null);
        await device.ChangeTwinAsync(new TwinChange { Tags = JsonUtf8.Parse("""{"t":1}""") });
        await device.DetachAsync(attached.Session);
        await device.DetachAsync(attached.Session);
        await device.ChangeTwinAsync(new TwinChange { Replace = true });
        await device.DeleteAsync(null);

        Assert.Equal(
            ["createDeviceIdentity", "deviceConnected", "updateTwin", "updateTwin", "deviceDisconnected", "replaceTwin", "deleteDeviceIdentity"],
            await OperationsAsync(log, key));
    }

    [Fact]
    public async Task Changes_that_came_faster_than_they_were_stored_are_each_told()
    {
        var log = new MemoryEventLog();
        await using var fixture = new ClusterFixture { Log = log };
        await fixture.InitializeAsync();
        var (key, device) = await fixture.NewDeviceAsync();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => device.PatchReportedAsync(JsonUtf8.Parse($$"""{"n":{{i}}}"""), null, null)));
        await device.DeleteAsync(null);

        var versions = (await EventsAsync(log, key)).Where(one => one.Source == EventSource.TwinChange)
            .Select(one => JsonDocument.Parse(one.Body).RootElement.GetProperty("version").GetInt64());
        Assert.Equal(Enumerable.Range(2, 100).Select(i => (long)i), versions);
    }

    [Fact]
    public async Task What_was_switched_off_is_not_told_and_nothing_told_counts_as_activity()
    {
        var log = new MemoryEventLog();
        await using var fixture = new ClusterFixture { Log = log, Settings = new() { ["Events:TwinChanges"] = "false", ["Events:ConnectionState"] = "false" } };
        await fixture.InitializeAsync();
        var (key, device) = await fixture.NewDeviceAsync();
        await device.ChangeTwinAsync(new TwinChange { Tags = JsonUtf8.Parse("""{"t":1}""") });
        var partition = PartitionHash.EventPartition(key);
        await Eventually.HoldsAsync("the pump has seen it", () => log.NextOf(partition) == log.Describe(partition).NextOffset);

        Assert.Equal(["createDeviceIdentity"], await OperationsAsync(log, key));
        Assert.Null((await device.GetTelemetryAsync())!.LastActivityAt);
    }

    private static async Task<string?[]> OperationsAsync(MemoryEventLog log, string key) =>
        [.. (await EventsAsync(log, key)).Select(one => one.Properties.Single(property => property.Name == "opType").Value)];

    private static async Task<IEnumerable<StoredEvent>> EventsAsync(MemoryEventLog log, string key)
    {
        var all = await log.ReadAsync(PartitionHash.EventPartition(key), 0, 1000, 1 << 20, TestContext.Current.CancellationToken);
        return all.Where(one => one.DeviceId == key);
    }
}
