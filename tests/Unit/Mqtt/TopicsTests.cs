using System.Text;
using Muster.Devices;
using Muster.Sessions;
using Xunit;

namespace Muster.Mqtt;

public sealed class TopicsTests
{
    private static readonly DeviceKey Device = DeviceKey.Parse("d1");
    private static readonly DeviceKey Module = DeviceKey.Parse("d1/m1");

    [Theory]
    [InlineData("d1", "devices/d1/messages/events/a=b", "Telemetry", "a=b")]
    [InlineData("d1", "devices/d1/messages/events/", "Telemetry", "")]
    [InlineData("d1", "devices/d1/messages/events", "Telemetry", "")]
    [InlineData("d1", "devices/%641/messages/events/x", "Telemetry", "x")]
    [InlineData("d1/m1", "devices/d1/modules/m1/messages/events/%24.on=o/", "Telemetry", "%24.on=o/")]
    [InlineData("d1", "devices/d1/messages/eventsx", "Foreign", "")]
    [InlineData("d1", "devices/d2/messages/events/", "Foreign", "")]
    [InlineData("d1", "devices/d1/modules/m1/messages/events/", "Foreign", "")]
    [InlineData("d1/m1", "devices/d1/messages/events/", "Foreign", "")]
    [InlineData("d1", "devices/d1/messages/devicebound/", "Foreign", "")]
    [InlineData("d1", "$iothub/twin/GET/?$rid=7", "TwinGet", "7")]
    [InlineData("d1", "$iothub/twin/GET/", "Foreign", "")]
    [InlineData("d1", "$iothub/twin/PATCH/properties/reported/?$rid=x&$version=9", "TwinReport", "x")]
    [InlineData("d1", "$iothub/twin/PATCH/properties/reported/?$rid=x&$version=y", "Foreign", "")]
    [InlineData("d1", "$iothub/twin/PATCH/properties/desired/?$rid=x", "Foreign", "")]
    [InlineData("d1", "$iothub/methods/res/-7/?$rid=1f", "MethodResponse", "1f")]
    [InlineData("d1", "$iothub/methods/res/abc/?$rid=1", "Foreign", "")]
    [InlineData("d1", "$SYS/x", "Foreign", "")]
    public void A_topic_is_the_devices_own_or_foreign(string key, string topic, string kind, string rest)
    {
        var read = Topics.Read(Encoding.UTF8.GetBytes(topic), Topics.TelemetryPrefix(DeviceKey.Parse(key)));
        Assert.Equal(kind, read.Kind.ToString());
        Assert.Equal(rest, Encoding.UTF8.GetString(read.Kind == TopicKind.Telemetry ? read.Bag : read.RequestId));
    }

    [Fact]
    public void Numbers_in_topics_are_read()
    {
        Assert.Equal(9, Topics.Read("$iothub/twin/PATCH/properties/reported/?$version=9&$rid=x"u8, "devices/d1/messages/events"u8).Version);
        Assert.Equal(-7, Topics.Read("$iothub/methods/res/-7/?$rid=1f"u8, "devices/d1/messages/events"u8).Status);
    }

    [Fact]
    public void The_fixed_filters_are_granted_and_no_others()
    {
        var all = TopicFilters.Subscribe(
            SessionSubscriptions.None,
            [
                new("$iothub/methods/POST/#", 1), new("$iothub/twin/res/#", 0), new("$iothub/twin/PATCH/properties/desired/#", 2),
                new("devices/d1/messages/devicebound/#", 2), new("devices/d2/messages/devicebound/#", 1), new("#", 0),
            ],
            Device,
            out var codes);
        Assert.Equal([0, 0, 0, 1, 0x80, 0x80], codes);
        Assert.Equal((SessionSubscriptions)(1 | 2 | 4 | 8 | 16), all);
        Assert.Equal(
            SessionSubscriptions.Methods | SessionSubscriptions.DesiredChanges,
            TopicFilters.Unsubscribe(all, [new("$iothub/twin/res/#", 0), new("devices/%641/messages/devicebound/#", 0), new("x", 0)], Device));
    }

    [Fact]
    public void A_module_listens_to_its_inputs_not_to_messages_for_the_device()
    {
        var all = TopicFilters.Subscribe(
            SessionSubscriptions.None,
            [new("devices/d1/modules/m1/inputs/#", 1), new("devices/d1/messages/devicebound/#", 1)], Module, out var codes);
        Assert.Equal([1, 0x80], codes);
        Assert.Equal(SessionSubscriptions.ModuleInputs | SessionSubscriptions.ModuleInputsQos1, all);
    }

    [Fact]
    public void Topics_to_the_device_have_the_layout_that_sdks_split()
    {
        var writer = new HubTopicWriter(stackalloc byte[HubTopicWriter.MaxBytes]);
        writer.TwinResponse(204, "r1"u8, 12);
        Assert.Equal("$iothub/twin/res/204/?$rid=r1&$version=12", Encoding.UTF8.GetString(writer.Written));
        writer = new HubTopicWriter(stackalloc byte[HubTopicWriter.MaxBytes]);
        writer.MethodRequest("reboot now", 255);
        Assert.Equal("$iothub/methods/POST/reboot now/?$rid=ff", Encoding.UTF8.GetString(writer.Written));
    }
}
