using Microsoft.Extensions.DependencyInjection;
using Muster.Json;
using Muster.Sessions;
using Muster.Twins;
using Xunit;

namespace Muster.Mqtt;

public sealed class MissedChangeTests(HubFixture hub)
{
    private const string DesiredChanges = "$iothub/twin/PATCH/properties/desired/#";

    [Fact]
    public async Task A_session_that_listens_ends_when_a_change_shows_that_one_before_it_was_lost()
    {
        var grain = await hub.CreateDeviceAsync("missed-lost");
        await using var device = await TestDevice.ConnectAsync(hub, "missed-lost");
        await device.SubscribeAsync(DesiredChanges);
        await grain.PatchDesiredAsync(JsonUtf8.Parse("{\"a\":1}"));
        Assert.Equal("{\"a\":1,\"$version\":2}", (await device.ReceiveAsync()).Payload);

        Assert.Equal(SessionDelivery.Gone, SessionOf("missed-lost").PushDesired(Change(4)));
        await device.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_session_that_did_not_listen_then_stays_and_is_told_from_there_on()
    {
        await hub.CreateDeviceAsync("missed-deaf");
        await using var device = await TestDevice.ConnectAsync(hub, "missed-deaf");
        await device.SubscribeAsync("$iothub/twin/res/#");
        var session = SessionOf("missed-deaf");
        Assert.Equal(SessionDelivery.NotSubscribed, session.PushDesired(Change(7)));

        await device.SubscribeAsync(DesiredChanges);
        Assert.Equal(SessionDelivery.Accepted, session.PushDesired(Change(8)));
        Assert.Equal(SessionDelivery.Accepted, session.PushDesired(Change(9)));
        Assert.Equal("{\"$version\":8}", (await device.ReceiveAsync()).Payload);
        Assert.Equal("{\"$version\":9}", (await device.ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task A_change_that_comes_a_second_time_or_late_is_no_sign_of_a_lost_one()
    {
        await hub.CreateDeviceAsync("missed-late");
        await using var device = await TestDevice.ConnectAsync(hub, "missed-late");
        await device.SubscribeAsync(DesiredChanges);
        var session = SessionOf("missed-late");
        foreach (var version in (long[])[2, 3, 3, 2, 4])
        {
            Assert.Equal(SessionDelivery.Accepted, session.PushDesired(Change(version)));
        }
    }

    private static DesiredChange Change(long version) => new(JsonUtf8.Parse($$"""{"$version":{{version}}}"""), version);

    private ISession SessionOf(string deviceId) =>
        hub.Services.GetRequiredService<SessionTable>().Snapshot().Single(session => session.GrainKey == deviceId);
}
