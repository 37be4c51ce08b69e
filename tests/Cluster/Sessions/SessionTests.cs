using Muster.Devices;
using Muster.Errors;
using Muster.Fixture;
using Muster.Json;
using Muster.Methods;
using Muster.Twins;
using Xunit;

namespace Muster.Sessions;

public sealed class SessionTests(ClusterFixture fixture)
{
    private const SessionSubscriptions Both = SessionSubscriptions.Methods | SessionSubscriptions.DesiredChanges;

    [Fact]
    public async Task The_newer_session_closes_the_older_wherever_it_is_and_the_older_changes_nothing_any_more()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var (older, olderSession) = await fixture.ConnectAsync(device, silo: 0);
        var (newer, newerSession) = await fixture.ConnectAsync(device, silo: 1);
        Assert.Equal(SessionCloseReason.ReplacedByNewer, await olderSession.Closed);
        Assert.True(newer.Session.Epoch > older.Session.Epoch);
        await device.DetachAsync(older.Session);
        Assert.False(await device.SetSubscriptionsAsync(older.Session, Both));
        Assert.Equal(newer.Session, fixture.Storage.Stored(key)!.Session.Current);
        Assert.False(newerSession.Closed.IsCompleted);
    }

    [Fact]
    public async Task A_report_of_an_older_session_or_behind_a_later_one_changes_nothing()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var (older, _) = await fixture.ConnectAsync(device, silo: 0);
        var (newer, _) = await fixture.ConnectAsync(device, silo: 1);
        Assert.IsType<ReportedReply.Accepted>(await ReportAsync(newer.Session.Epoch, 2, 2));
        Assert.IsType<ReportedReply.SessionOver>(await ReportAsync(older.Session.Epoch, 9, 1));
        var late = Assert.IsType<ReportedReply.Refused>(await ReportAsync(newer.Session.Epoch, 1, 1));
        Assert.Equal(HubErrorCode.ServiceUnavailable, late.Why.Code);
        Assert.Equal(2, fixture.Storage.Stored(key)!.Reported.Version);
        Assert.Equal(3, Assert.IsType<ReportedReply.Accepted>(await ReportAsync(newer.Session.Epoch, 2, 2)).Version);
        await device.DetachAsync(newer.Session);
        Assert.IsType<ReportedReply.SessionOver>(await ReportAsync(newer.Session.Epoch, 3, 3));

        Task<ReportedReply> ReportAsync(long epoch, long sequence, int value) =>
            device.PatchReportedAsync(JsonUtf8.Parse($$"""{"a":{{value}}}"""), null, new ReportOrigin(epoch, sequence));
    }

    [Fact]
    public async Task Subscriptions_outlive_the_connection_unless_it_is_clean()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var (first, _) = await fixture.ConnectAsync(device);
        Assert.False(first.SessionPresent);
        Assert.True(await device.SetSubscriptionsAsync(first.Session, Both));
        await device.DetachAsync(first.Session);
        await fixture.Cluster.DeactivateAsync(device);
        var (second, _) = await fixture.ConnectAsync(device, silo: 2);
        Assert.True(second.SessionPresent);
        Assert.Equal(Both, second.Subscriptions);
        var (third, _) = await fixture.ConnectAsync(device, clean: true);
        Assert.False(third.SessionPresent);
        Assert.Equal(SessionSubscriptions.None, third.Subscriptions);
    }

    [Fact]
    public async Task Credentials_that_were_checked_before_the_identity_changed_do_not_count()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var before = (await device.GetIdentityAsync())!;
        await device.UpdateAsync(new IdentitySpec { StatusReason = "x" }, null);
        Assert.IsType<AttachReply.StaleCredentials>(await device.AttachAsync(new AttachRequest
        {
            Silo = fixture.Cluster.Silos[0].SiloAddress,
            ConnectionId = fixture.Sessions.Open().ConnectionId,
            IdentityETag = before.ETag,
            CleanSession = false,
        }));
    }

    [Fact]
    public async Task A_method_reaches_a_device_that_connects_and_subscribes_in_time()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var call = new MethodCall { Name = "reboot", Payload = JsonUtf8.Parse("7"), ConnectTimeout = TimeSpan.FromSeconds(60) };
        var pending = device.InvokeMethodAsync(call);
        var (attached, _) = await fixture.ConnectAsync(device, silo: 1);
        await device.SetSubscriptionsAsync(attached.Session, SessionSubscriptions.Methods);
        var answer = Assert.IsType<MethodReply.Answered>(await pending);
        Assert.Equal((200, "7"), (answer.Status, answer.Payload.ToString()));
    }

    [Fact]
    public async Task A_method_of_a_device_that_is_not_there_is_refused_at_once_and_a_session_that_is_gone_is_dropped()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var call = new MethodCall { Name = "reboot" };
        Assert.Equal(HubErrorCode.DeviceNotOnline, Refused(await device.InvokeMethodAsync(call)));
        Assert.Equal(HubErrorCode.DeviceNotFound, Refused(await fixture.Device("nobody").InvokeMethodAsync(call)));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Refused(await device.InvokeMethodAsync(call with { ResponseTimeout = TimeSpan.FromSeconds(4) })));
        var (attached, session) = await fixture.ConnectAsync(device);
        await device.SetSubscriptionsAsync(attached.Session, Both);
        fixture.Sessions.Forget(session);
        Assert.Equal(HubErrorCode.DeviceNotOnline, Refused(await device.InvokeMethodAsync(call)));
        Assert.Equal(ConnectionState.Disconnected, (await device.GetIdentityAsync())!.ConnectionState);
    }

    [Fact]
    public async Task A_device_whose_write_failed_is_there_again_while_a_method_waits_for_its_answer()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var (attached, session) = await fixture.ConnectAsync(device);
        await device.SetSubscriptionsAsync(attached.Session, Both);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Answering = async _ =>
        {
            asked.SetResult();
            await answer.Task;
        };
        var pending = device.InvokeMethodAsync(new MethodCall { Name = "reboot", ResponseTimeout = TimeSpan.FromSeconds(300) });
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);

        fixture.Storage.FailNextWrite(key, new OrleansException("disk"));
        await Assert.ThrowsAsync<StoreFaultException>(() => device.PatchReportedAsync(JsonUtf8.Parse("""{"a":1}""")));
        var later = await device.PatchReportedAsync(JsonUtf8.Parse("""{"a":2}"""));
        Assert.Equal(2, Assert.IsType<ReportedReply.Accepted>(later).Version);
        Assert.Equal(HubErrorCode.GatewayTimeout, Refused(await pending));
        answer.SetResult();
    }

    private static HubErrorCode Refused(MethodReply reply) => Assert.IsType<MethodReply.Refused>(reply).Why.Code;
}
