using Xunit;

namespace Muster.Amqp;

public sealed class DeviceAddressTests
{
    [Theory]
    [InlineData("/devices/d/messages/events", 0, "d", DeviceLinkKind.Telemetry)]
    [InlineData("amqps://h:5671/devices/d%201/messages/events/", 0, "d 1", DeviceLinkKind.Telemetry)]
    [InlineData("devices/d/messages/deviceBound", 1, "d", DeviceLinkKind.Messages)]
    [InlineData("/devices/d/methods/devicebound", 1, "d", DeviceLinkKind.MethodRequests)]
    [InlineData("/devices/d/methods/devicebound", 0, "d", DeviceLinkKind.MethodAnswers)]
    [InlineData("/Devices/d/twin", 0, "d", DeviceLinkKind.TwinRequests)]
    [InlineData("/devices/d/twin/", 1, "d", DeviceLinkKind.TwinAnswers)]
    [InlineData("/devices/d/modules/m/messages/events", 0, "d/m", DeviceLinkKind.Telemetry)]
    [InlineData("/devices/d/modules/m/messages/events", 1, "d/m", DeviceLinkKind.Inputs)]
    [InlineData("/devices/d/modules/m/twin", 1, "d/m", DeviceLinkKind.TwinAnswers)]
    [InlineData("/devices/d/modules/m/methods/devicebound", 0, "d/m", DeviceLinkKind.MethodAnswers)]
    internal void An_address_says_whose_it_is_and_what_for(string text, int direction, string key, DeviceLinkKind kind)
    {
        var address = DeviceAddress.Read(LinkAddress.Parse(text), (LinkDirection)direction);
        Assert.Equal((key, kind), (address!.Value.Key.ToString(), address.Value.Kind));
    }

    [Theory]
    [InlineData("/devices/d/messages/events", 1)]
    [InlineData("/devices/d/messages/devicebound", 0)]
    [InlineData("/devices/d/modules/m/messages/devicebound", 1)]
    [InlineData("/devices//messages/events", 0)]
    [InlineData("/devices/d%2Fe/twin", 0)]
    [InlineData("/devices/d", 0)]
    [InlineData("/devices/d/twin/more", 0)]
    [InlineData("/messages/devicebound", 0)]
    [InlineData("$cbs", 0)]
    public void What_is_no_devices_address_is_not_one(string text, int direction) =>
        Assert.Null(DeviceAddress.Read(LinkAddress.Parse(text), (LinkDirection)direction));
}
