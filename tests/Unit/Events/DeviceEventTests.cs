using System.Buffers;
using System.Text.Json;
using Muster.Devices;
using Muster.Json;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Events;

/// <summary>What the hub says of devices, as it stands in the log.</summary>
public sealed class DeviceEventTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly DeviceState Fresh = new() { Identity = new IdentityState { GenerationId = 639080000000000000 }, TwinVersion = 1 };

    [Fact]
    public void Every_event_says_whose_it_is_and_what_happened()
    {
        var stored = Stored(new DeviceEvent.ConnectionChanged(Key("d", "m"), Fresh, 3, isConnected: true, At));

        Assert.Equal(("d", "m", EventSource.DeviceConnectionState), (stored.DeviceId, stored.ModuleId, stored.Source));
        Assert.Equal(
            [
                new("hubName", "hub"), new("deviceId", "d"), new("moduleId", "m"), new("operationTimestamp", "2026-01-02T03:04:05.0000000Z"),
                new("iothub-message-schema", "deviceConnectionStateNotification"), new("opType", "moduleConnected"),
            ],
            stored.Properties);
        var system = stored.SystemProperties.ToDictionary(one => one.Name, one => one.Value);
        Assert.Equal(("application/json", "utf-8", "hub"), (system["content-type"], system["content-encoding"], system["user-id"]));
        Assert.Equal(("deviceConnectionStateEvents", "d"), (system["iothub-message-source"], system["iothub-connection-device-id"]));
        Assert.Equal(32, system["correlation-id"]!.Length);
        Assert.DoesNotContain("iothub-connection-auth-method", system.Keys);
    }

    [Fact]
    public void A_report_is_told_as_its_patch_with_what_the_patch_set()
    {
        var moved = Moved(TwinMachine.Report(Fresh, JsonUtf8.Parse("""{ "a": {"b": 1, "gone": null}, "c": [1, 2] }"""), null, At));

        var stored = Stored(new DeviceEvent.TwinChanged(Key("d"), moved, isReplace: false, At));

        Assert.Equal("updateTwin", Property(stored, "opType"));
        Assert.Equal("twinChangeNotification", Property(stored, "iothub-message-schema"));
        Assert.Equal(
            """
            {"version":2,"properties":{"reported":{"a":{"b":1,"gone":null},"c":[1,2],"$metadata":{"$lastUpdated":"2026-01-02T03:04:05.0000000Z",
            "a":{"$lastUpdated":"2026-01-02T03:04:05.0000000Z","b":{"$lastUpdated":"2026-01-02T03:04:05.0000000Z"}},
            "c":{"$lastUpdated":"2026-01-02T03:04:05.0000000Z"}},"$version":2}}}
            """.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal),
            Body(stored).GetRawText());
    }

    [Fact]
    public void A_change_of_tags_and_desired_properties_is_told_as_both_patches()
    {
        var change = new TwinChange { Tags = JsonUtf8.Parse("""{"site":"A"}"""), Desired = JsonUtf8.Parse("""{"rate":5,"old":null}""") };
        var body = Body(Stored(new DeviceEvent.TwinChanged(Key("d"), Moved(TwinMachine.Change(Fresh, change, At)), isReplace: false, At)));

        Assert.Equal((2, "A"), (body.GetProperty("version").GetInt32(), body.GetProperty("tags").GetProperty("site").GetString()));
        var desired = body.GetProperty("properties").GetProperty("desired");
        Assert.Equal((5, JsonValueKind.Null, 2),
            (desired.GetProperty("rate").GetInt32(), desired.GetProperty("old").ValueKind, desired.GetProperty("$version").GetInt32()));
        Assert.Equal(2, desired.GetProperty("$metadata").GetProperty("rate").GetProperty("$lastUpdatedVersion").GetInt32());
        Assert.False(desired.GetProperty("$metadata").TryGetProperty("old", out _));
        Assert.False(body.GetProperty("properties").TryGetProperty("reported", out _));
    }

    [Fact]
    public void An_empty_patch_is_told_and_is_json()
    {
        var change = new TwinChange { Tags = JsonUtf8.Parse("{}"), Desired = JsonUtf8.Parse("{}") };
        var body = Body(Stored(new DeviceEvent.TwinChanged(Key("d"), Moved(TwinMachine.Change(Fresh, change, At)), isReplace: false, At)));
        Assert.Equal(2, body.GetProperty("properties").GetProperty("desired").GetProperty("$version").GetInt32());

        var reported = Body(Stored(new DeviceEvent.TwinChanged(Key("d"), Moved(TwinMachine.Report(Fresh, JsonUtf8.EmptyObject, null, At)), isReplace: false, At)));
        Assert.Equal(2, reported.GetProperty("properties").GetProperty("reported").GetProperty("$version").GetInt32());
    }

    [Fact]
    public void A_replacement_is_told_whole()
    {
        var before = Moved(TwinMachine.Change(Fresh, new TwinChange { Tags = JsonUtf8.Parse("""{"old":1}"""), Desired = JsonUtf8.Parse("""{"old":1}""") }, At)).Next;
        var change = new TwinChange { Replace = true, Desired = JsonUtf8.Parse("""{"new":2}""") };
        var stored = Stored(new DeviceEvent.TwinChanged(Key("d"), Moved(TwinMachine.Change(before, change, At)), isReplace: true, At));

        Assert.Equal("replaceTwin", Property(stored, "opType"));
        Assert.Equal("{}", Body(stored).GetProperty("tags").GetRawText());
        var desired = Body(stored).GetProperty("properties").GetProperty("desired");
        Assert.Equal(2, desired.GetProperty("new").GetInt32());
        Assert.False(desired.TryGetProperty("old", out _));
    }

    [Theory]
    [InlineData(true, null, "createDeviceIdentity")]
    [InlineData(false, null, "deleteDeviceIdentity")]
    [InlineData(true, "m", "createModuleIdentity")]
    [InlineData(false, "m", "deleteModuleIdentity")]
    public void A_registration_and_its_end_are_told_with_the_twin(bool isCreated, string? module, string operation)
    {
        var stored = Stored(new DeviceEvent.LifecycleChanged(Key("d", module), Fresh, isCreated, At));

        Assert.Equal((operation, EventSource.DeviceLifecycle), (Property(stored, "opType"), stored.Source));
        var body = Body(stored);
        Assert.Equal(("d", 1), (body.GetProperty("deviceId").GetString(), body.GetProperty("version").GetInt32()));
        Assert.Equal(module, body.TryGetProperty("moduleId", out var id) ? id.GetString() : null);
        Assert.Equal(1, body.GetProperty("properties").GetProperty("reported").GetProperty("$version").GetInt32());
    }

    [Fact]
    public void Connections_count_up_also_over_identities()
    {
        var next = Fresh with { Identity = Fresh.Identity with { GenerationId = Fresh.Identity.GenerationId + 1 } };
        string[] numbers =
        [
            .. new[]
            {
                new DeviceEvent.ConnectionChanged(Key("d"), Fresh, 1, isConnected: true, At), new(Key("d"), Fresh, 1, isConnected: false, At),
                new(Key("d"), Fresh, 2, isConnected: true, At), new(Key("d"), next, 1, isConnected: true, At),
            }.Select(one => Body(Stored(one)).GetProperty("sequenceNumber").GetString()!),
        ];

        Assert.All(numbers, number => Assert.Matches("^[0-9A-F]{64}$", number));
        Assert.Equal(numbers.Order(StringComparer.Ordinal), numbers);
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
    }

    private static TwinMove.Moved Moved(TwinMove move) => Assert.IsType<TwinMove.Moved>(move);

    private static DeviceKey Key(string device, string? module = null) => DeviceKey.TryCreate(device, module, out var key) ? key : throw new ArgumentException(device);

    private static StoredEvent Stored(DeviceEvent news)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new DeviceEventEncoder("hub").Write(buffer, news);
        return EventRecord.Decode(buffer.WrittenSpan[4..], 0, 0, At);
    }

    private static JsonElement Body(StoredEvent stored) => JsonDocument.Parse(stored.Body).RootElement;

    private static string? Property(StoredEvent stored, string name) => stored.Properties.Single(one => one.Name == name).Value;
}
