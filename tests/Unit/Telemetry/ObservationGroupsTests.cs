using System.Text;
using Xunit;

namespace Muster.Telemetry;

public sealed class ObservationGroupsTests
{
    [Fact]
    public void Each_device_and_each_module_gets_its_own_events_in_order()
    {
        var groups = ObservationGroups.Of([Event(0, "a", null), Event(1, "b", null), Event(2, "a", "m"), Event(3, "a", null)]);

        Assert.Equal(["a", "b", "a/m"], groups.Select(group => group.Key));
        Assert.Equal([0L, 3L], groups[0].Value.Events.Select(e => e.Offset));
        Assert.Equal([2L], groups[2].Value.Events.Select(e => e.Offset));
    }

    [Theory]
    [InlineData("637123456789012345", 637123456789012345)]
    [InlineData("no number", 0)]
    [InlineData(null, 0)]
    public void Each_event_says_which_identity_of_its_id_sent_it(string? generation, long said)
    {
        var stored = Event(0, "a", null);
        var group = ObservationGroups.Of([generation is null ? stored : stored with { SystemProperties = [new("iothub-connection-auth-generation-id", generation)] }]);
        Assert.Equal(said, Assert.Single(Assert.Single(group).Value.Events).GenerationId);
    }

    [Fact]
    public void A_sender_that_can_be_no_identity_is_left_out() => Assert.Empty(ObservationGroups.Of([Event(0, "a/b/c", null), Event(1, "", null)]));

    [Theory]
    [InlineData(" {\"a\":1}\r\n", null, true)]
    [InlineData("{\"a\":1}", "application/json;charset=utf-8", true)]
    [InlineData("{\"a\":1}", "", true)]
    [InlineData("{\"a\":1}", "application/octet-stream", false)]
    [InlineData("[1]", "application/json", false)]
    [InlineData("{", null, false)]
    [InlineData("", null, false)]
    public void Only_a_body_that_looks_like_a_json_object_is_passed_on(string body, string? contentType, bool passed) =>
        Assert.Equal(passed ? body : null, ObservationGroups.JsonObject(Event(0, "d", null, body, contentType))?.ToString());

    private static StoredEvent Event(long offset, string deviceId, string? moduleId, string body = "{}", string? contentType = null) => new()
    {
        Partition = 0,
        Offset = offset,
        EnqueuedAt = DateTimeOffset.UnixEpoch,
        DeviceId = deviceId,
        ModuleId = moduleId,
        SystemProperties = contentType is null ? [] : [new EventProperty("content-type", contentType)],
        Properties = [],
        Body = Encoding.UTF8.GetBytes(body),
    };
}
