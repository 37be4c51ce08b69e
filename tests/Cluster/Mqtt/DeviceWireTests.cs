using Muster.Devices;
using Muster.Json;
using Muster.Methods;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Mqtt;

public sealed class DeviceWireTests(HubFixture hub)
{
    [Fact]
    public async Task Telemetry_that_was_acknowledged_stands_in_the_log()
    {
        await hub.CreateDeviceAsync("wire-telemetry");
        await using var device = await TestDevice.ConnectAsync(hub, "wire-telemetry");
        await device.PublishAsync("devices/wire-telemetry/messages/events/%24.mid=m%2D1&$.ct=application%2Fjson&k%201=v%2F%26&bare&empty=", "{\"p\":1}", qos: 1);

        var stored = Assert.Single(await hub.EventsOfAsync("wire-telemetry", 1));
        Assert.Equal("{\"p\":1}", System.Text.Encoding.UTF8.GetString(stored.Body.Span));
        Assert.Equal([new("k 1", "v/&"), new("bare", null), new("empty", "")], stored.Properties);
        Assert.Contains(new EventProperty("message-id", "m-1"), stored.SystemProperties);
        Assert.Contains(new EventProperty("content-type", "application/json"), stored.SystemProperties);
    }

    [Fact]
    public async Task A_device_reads_reports_and_is_told_of_its_twin()
    {
        var grain = await hub.CreateDeviceAsync("wire-twin");
        await using var device = await TestDevice.ConnectAsync(hub, "wire-twin");
        Assert.Equal(0, await device.SubscribeAsync("$iothub/twin/res/#"));
        Assert.Equal(0, await device.SubscribeAsync("$iothub/twin/PATCH/properties/desired/#", 1));

        await device.PublishAsync("$iothub/twin/PATCH/properties/reported/?$rid=r1", "{\"a\":1}");
        Assert.Equal(("$iothub/twin/res/204/?$rid=r1&$version=2", ""), await device.ReceiveAsync());
        await device.PublishAsync("$iothub/twin/GET/?$rid=r2", " ");
        var (topic, twin) = await device.ReceiveAsync();
        Assert.Equal("$iothub/twin/res/200/?$rid=r2", topic);
        Assert.Equal("{\"desired\":{\"$version\":1},\"reported\":{\"a\":1,\"$version\":2}}", twin);

        await grain.PatchDesiredAsync(JsonUtf8.Parse("{\"b\":2,\"gone\":null}"));
        (topic, var patch) = await device.ReceiveAsync();
        Assert.Equal("$iothub/twin/PATCH/properties/desired/?$version=2", topic);
        Assert.Equal("{\"b\":2,\"gone\":null,\"$version\":2}", patch);
    }

    [Fact]
    public async Task A_report_that_is_not_an_object_is_answered_with_an_error_body()
    {
        await hub.CreateDeviceAsync("wire-badreport");
        await using var device = await TestDevice.ConnectAsync(hub, "wire-badreport");
        await device.SubscribeAsync("$iothub/twin/res/#");
        await device.PublishAsync("$iothub/twin/PATCH/properties/reported/?$rid=7", "[1", qos: 1);
        var (topic, body) = await device.ReceiveAsync();
        Assert.Equal("$iothub/twin/res/400/?$rid=7", topic);
        Assert.Contains("\"errorCode\":400004", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_direct_method_goes_to_the_device_and_its_answer_comes_back()
    {
        var grain = await hub.CreateDeviceAsync("wire-method");
        await using var device = await TestDevice.ConnectAsync(hub, "wire-method");
        await device.SubscribeAsync("$iothub/methods/POST/#");

        var call = grain.InvokeMethodAsync(new MethodCall { Name = "reboot" });
        var (topic, payload) = await device.ReceiveAsync();
        Assert.StartsWith("$iothub/methods/POST/reboot/?$rid=", topic, StringComparison.Ordinal);
        Assert.Equal("null", payload);
        await device.PublishAsync("$iothub/methods/res/-3/?$rid=ffffffff", "{}");
        await device.PublishAsync($"$iothub/methods/res/-3/?{topic[(topic.IndexOf('?', StringComparison.Ordinal) + 1)..]}", "{\"ok\":true}");

        var answer = Assert.IsType<MethodReply.Answered>(await call);
        Assert.Equal(-3, answer.Status);
        Assert.Equal("{\"ok\":true}", answer.Payload.ToString());
    }
}
