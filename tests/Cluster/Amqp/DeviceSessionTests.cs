using System.Text;
using Amqp.Types;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Fixture;
using Muster.Json;
using Muster.Methods;
using Muster.Mqtt;
using Xunit;

namespace Muster.Amqp;

public sealed class DeviceSessionTests(HubFixture hub)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_is_connected_from_its_first_link_to_its_last()
    {
        var grain = await hub.CreateDeviceAsync("amqp-life");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-life");
        Assert.False(await IsConnectedAsync(grain));
        var (events, twin) = (await device.SenderAsync("/devices/amqp-life/messages/events"), await device.SenderAsync("/devices/amqp-life/twin"));
        Assert.True(await IsConnectedAsync(grain));
        await events.CloseAsync();
        await events.Session.Connection.CloseAsync();
        await Eventually.HoldsAsync("the device is disconnected", async () => !await IsConnectedAsync(grain));
        Assert.True(twin.IsClosed);
    }

    [Fact]
    public async Task Telemetry_is_in_the_log_once_it_is_accepted_in_order()
    {
        await hub.CreateDeviceAsync("amqp-events");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-events");
        var link = await device.SenderAsync("amqps://hub.test/devices/amqp-events/messages/events");
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => link.SendAsync(AmqpDevice.Text($"{i}"))));
        var events = await hub.EventsOfAsync("amqp-events", 500);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), events.Select(e => Encoding.UTF8.GetString(e.Body.Span)));
    }

    [Fact]
    public async Task The_newer_session_takes_over_and_the_older_does_not_end_it()
    {
        var grain = await hub.CreateDeviceAsync("amqp-newer");
        await using var older = await AmqpDevice.ConnectAsync(hub, "amqp-newer");
        var link = await older.SenderAsync("/devices/amqp-newer/messages/events");
        var stolen = Attached.ClosedAsync(link);
        await using var newer = await AmqpDevice.ConnectAsync(hub, "amqp-newer");
        var next = await newer.SenderAsync("/devices/amqp-newer/messages/events");
        Assert.Equal("amqp:link:stolen", (await stolen).Condition);
        await older.DisposeAsync();
        await next.SendAsync(AmqpDevice.Text("still here"));
        Assert.True(await IsConnectedAsync(grain));
    }

    [Fact]
    public async Task Outcomes_complete_abandon_and_reject()
    {
        var grain = await hub.CreateDeviceAsync("amqp-c2d");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-c2d");
        var link = await device.ReceiverAsync("/devices/amqp-c2d/messages/devicebound", 10);
        await SendAsync(grain, "a");
        var first = await AmqpDevice.NextAsync(link);
        Assert.Equal(("a", 0), (AmqpDevice.TextOf(first), CountOf(first)));
        link.Release(first);
        var again = await AmqpDevice.NextAsync(link);
        Assert.Equal(("a", 1), (AmqpDevice.TextOf(again), CountOf(again)));
        link.Accept(again);
        await SendAsync(grain, "b");
        link.Reject(await AmqpDevice.NextAsync(link));
        await EmptyAsync(grain);
    }

    [Fact]
    public async Task Messages_come_as_the_client_has_room_and_in_order()
    {
        var grain = await hub.CreateDeviceAsync("amqp-credit");
        for (var i = 0; i < 30; i++)
        {
            await SendAsync(grain, $"{i}");
        }

        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-credit");
        var link = await device.ReceiverAsync("/devices/amqp-credit/messages/devicebound", 1);
        for (var i = 0; i < 30; i++)
        {
            var message = await AmqpDevice.NextAsync(link);
            Assert.Equal($"{i}", AmqpDevice.TextOf(message));
            link.Accept(message);
            link.SetCredit(1, autoRestore: false);
        }

        await EmptyAsync(grain);
    }

    [Fact]
    public async Task What_is_not_settled_within_the_lock_time_is_available_again()
    {
        var grain = await hub.CreateDeviceAsync("amqp-lock");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-lock");
        var link = await device.ReceiverAsync("/devices/amqp-lock/messages/devicebound", 10);
        await SendAsync(grain, "slow");
        var first = await AmqpDevice.NextAsync(link);
        var second = await AmqpDevice.NextAsync(link);
        Assert.Equal((0, 1), (CountOf(first), CountOf(second)));
        link.Accept(first);
        Assert.Equal(1, (await grain.GetIdentityAsync())!.CloudToDeviceMessageCount);
        link.Accept(second);
        await EmptyAsync(grain);
    }

    [Fact]
    public async Task A_link_that_goes_gives_back_what_it_held_while_the_session_goes_on()
    {
        var grain = await hub.CreateDeviceAsync("amqp-back");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-back");
        await device.SenderAsync("/devices/amqp-back/messages/events");
        var link = await device.ReceiverAsync("/devices/amqp-back/messages/devicebound", 10);
        await SendAsync(grain, "held");
        await AmqpDevice.NextAsync(link);
        await link.CloseAsync();
        var next = await device.ReceiverAsync("/devices/amqp-back/messages/devicebound", 10);
        var message = await AmqpDevice.NextAsync(next);
        Assert.Equal(("held", 1), (AmqpDevice.TextOf(message), CountOf(message)));
        next.Accept(message);
        await EmptyAsync(grain);
    }

    [Fact]
    public async Task A_method_waits_for_credit_and_its_answer_finds_it()
    {
        var grain = await hub.CreateDeviceAsync("amqp-method");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-method");
        var answers = await device.SenderAsync("/devices/amqp-method/methods/devicebound");
        var requests = await device.ReceiverAsync("/devices/amqp-method/methods/devicebound", 0);
        var call = grain.InvokeMethodAsync(new MethodCall { Name = "m", Payload = JsonUtf8.Parse("[1]") });
        requests.SetCredit(10, autoRestore: false);
        var request = await AmqpDevice.NextAsync(requests);
        Assert.Equal(("m", "[1]"), (request.ApplicationProperties["IoThub-methodname"], AmqpDevice.TextOf(request)));
        var answer = AmqpDevice.Text("{\"ok\":true}");
        answer.Properties = new global::Amqp.Framing.Properties();
        answer.Properties.SetCorrelationId(request.Properties.GetCorrelationId());
        answer.ApplicationProperties = new global::Amqp.Framing.ApplicationProperties { ["IoThub-status"] = 207 };
        await answers.SendAsync(answer);
        var reply = Assert.IsType<MethodReply.Answered>(await call.WaitAsync(Patience, Cancel));
        Assert.Equal((207, "{\"ok\":true}"), (reply.Status, reply.Payload.ToString()));

        await requests.CloseAsync();
        await Eventually.HoldsAsync("the device does not listen any more", async () =>
            await grain.InvokeMethodAsync(new MethodCall { Name = "m" }) is MethodReply.Refused { Why.Code: Errors.HubErrorCode.DeviceNotOnline });
    }

    [Fact]
    public async Task A_twin_is_read_reported_and_its_changes_told_until_the_device_says_stop()
    {
        var grain = await hub.CreateDeviceAsync("amqp-twin");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-twin");
        var (asks, hears) = (await device.SenderAsync("/devices/amqp-twin/twin"), await device.ReceiverAsync("/devices/amqp-twin/twin", 50));
        await asks.SendAsync(AmqpDevice.Twin("GET", null, " ", "1"));
        Assert.Equal(("1", 200, """{"desired":{"$version":1},"reported":{"$version":1}}"""), Parts(await AmqpDevice.NextAsync(hears)));
        await asks.SendAsync(AmqpDevice.Twin("PATCH", "/properties/reported", """{"a":1}""", "2"));
        var reported = await AmqpDevice.NextAsync(hears);
        Assert.Equal(("2", 204, ""), Parts(reported));
        Assert.Equal(2L, reported.MessageAnnotations[new Symbol("version")]);
        await asks.SendAsync(AmqpDevice.Twin("PUT", "/notifications/twin/properties/desired", " ", "3"));
        Assert.Equal(("3", 200, ""), Parts(await AmqpDevice.NextAsync(hears)));
        await grain.PatchDesiredAsync(JsonUtf8.Parse("""{"d":5}"""));
        var change = await AmqpDevice.NextAsync(hears);
        Assert.Equal((null, """{"d":5,"$version":2}"""), (change.Properties?.GetCorrelationId(), AmqpDevice.TextOf(change)));
        await asks.SendAsync(AmqpDevice.Twin("DELETE", "/notifications/twin/properties/desired", " ", "4"));
        Assert.Equal(("4", 200, ""), Parts(await AmqpDevice.NextAsync(hears)));
        await grain.PatchDesiredAsync(JsonUtf8.Parse("""{"d":6}"""));
        await asks.SendAsync(AmqpDevice.Twin("PATCH", "/properties/nothing", "{}", "5"));
        Assert.Equal(400, Parts(await AmqpDevice.NextAsync(hears)).Status);
        await asks.SendAsync(AmqpDevice.Twin("PATCH", "/properties/reported", "[1]", "6"));
        Assert.Equal(400, Parts(await AmqpDevice.NextAsync(hears)).Status);
    }

    [Fact]
    public async Task A_report_on_a_second_link_is_later_than_those_on_the_first()
    {
        await hub.CreateDeviceAsync("amqp-reports");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-reports");
        var (first, hears) = (await device.SenderAsync("/devices/amqp-reports/twin"), await device.ReceiverAsync("/devices/amqp-reports/twin", 50));
        foreach (var id in (string[])["1", "2"])
        {
            await first.SendAsync(AmqpDevice.Twin("PATCH", "/properties/reported", $$"""{"a":{{id}}}""", id));
            Assert.Equal((id, 204, ""), Parts(await AmqpDevice.NextAsync(hears)));
        }

        var second = await device.SenderAsync("/devices/amqp-reports/twin");
        await second.SendAsync(AmqpDevice.Twin("PATCH", "/properties/reported", """{"a":3}""", "3"));
        Assert.Equal(("3", 204, ""), Parts(await AmqpDevice.NextAsync(hears)));
    }

    [Fact]
    public async Task Many_devices_share_a_connection_and_each_has_its_own_session()
    {
        var grains = new[] { await hub.CreateDeviceAsync("amqp-pool-1"), await hub.CreateDeviceAsync("amqp-pool-2") };
        await using var pool = await AmqpDevice.ConnectAsPolicyAsync(hub, "device");
        var first = await pool.SenderAsync("/devices/amqp-pool-1/messages/events");
        var second = await pool.SenderAsync("/devices/amqp-pool-2/messages/events");
        await first.CloseAsync();
        await Eventually.HoldsAsync("the first is disconnected", async () => !await IsConnectedAsync(grains[0]));
        await second.SendAsync(AmqpDevice.Text("x"));
        Assert.True(await IsConnectedAsync(grains[1]));
        Assert.Equal("amqp:unauthorized-access", (await pool.RefusalAsync("/devices/amqp-pool-none/messages/events")).Condition);
    }

    [Fact]
    public async Task A_changed_identity_is_looked_at_again_and_a_disabled_one_is_refused()
    {
        var grain = await hub.CreateDeviceAsync("amqp-changed");
        await using var device = await AmqpDevice.ConnectAsync(hub, "amqp-changed");
        await (await device.SenderAsync("/devices/amqp-changed/messages/events")).CloseAsync();

        // A session that has not said its farewell yet is ended by the change, and the link behind it with it.
        await Eventually.HoldsAsync("the first session is over", async () => !await IsConnectedAsync(grain));
        var spec = new IdentitySpec
        {
            Authentication = new DeviceAuthentication { PrimaryKey = HubFixture.KeyOf("amqp-changed"), SecondaryKey = HubFixture.KeyOf("another") },
        };
        Assert.IsType<IdentityReply.Accepted>(await grain.UpdateAsync(spec, null));
        var link = await device.SenderAsync("/devices/amqp-changed/messages/events");
        await link.SendAsync(AmqpDevice.Text("x"));

        var closed = Attached.ClosedAsync(link);
        Assert.IsType<IdentityReply.Accepted>(await grain.UpdateAsync(spec with { Status = DeviceStatus.Disabled }, null));
        Assert.Equal("amqp:unauthorized-access", (await closed).Condition);
        Assert.Equal("amqp:unauthorized-access", (await device.RefusalAsync("/devices/amqp-changed/messages/events")).Condition);
    }

    private static (string? Id, int Status, string Body) Parts(global::Amqp.Message message) => (
        message.Properties?.GetCorrelationId() as string, (int)message.MessageAnnotations[new Symbol("status")], AmqpDevice.TextOf(message));

    private static int CountOf(global::Amqp.Message message) => (int)message.MessageAnnotations[new Symbol("iothub-deliverycount")];

    private static async Task<bool> IsConnectedAsync(IDeviceGrain grain) => (await grain.GetIdentityAsync())!.ConnectionState == ConnectionState.Connected;

    private static async Task SendAsync(IDeviceGrain grain, string text) =>
        Assert.IsType<SendMessageReply.Queued>(await grain.SendMessageAsync(new CloudMessage { MessageId = text, Body = Encoding.UTF8.GetBytes(text) }));

    private static Task EmptyAsync(IDeviceGrain grain) =>
        Eventually.HoldsAsync("the queue is empty", async () => (await grain.GetIdentityAsync())!.CloudToDeviceMessageCount == 0);
}
