using Muster.Errors;
using Muster.Fixture;
using Muster.Json;
using Muster.Sessions;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;

namespace Muster.Twins;

public sealed class DeviceTwinTests(ClusterFixture fixture)
{
    private static readonly JsonUtf8 Patch = JsonUtf8.Parse("""{"speed":1}""");

    [Fact]
    public async Task A_change_is_in_both_twins_and_in_the_store()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        Assert.Equal(2, Assert.IsType<ReportedReply.Accepted>(await device.PatchReportedAsync(Patch)).Version);
        Assert.Contains("\"reported\":{\"speed\":1,\"$metadata\"", await TwinOf(device), StringComparison.Ordinal);
        var seen = Assert.IsType<TwinReply.Found>(await device.GetDeviceTwinAsync());
        Assert.Equal("""{"desired":{"$version":1},"reported":{"speed":1,"$version":2}}""", seen.Twin.ToString());
        Assert.Equal("""{"speed":1}"""u8.ToArray(), fixture.Storage.Stored(key)!.Reported.Json);
    }

    [Fact]
    public async Task A_write_that_failed_is_told_and_not_shown()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var before = await TwinOf(device);
        fixture.Storage.FailNextWrite(key, new OrleansException("disk"));
        await Assert.ThrowsAnyAsync<OrleansException>(() => device.PatchReportedAsync(Patch));
        Assert.Equal(before, await TwinOf(device));
        Assert.Equal(2, Assert.IsType<ReportedReply.Accepted>(await device.PatchReportedAsync(Patch)).Version);
    }

    [Fact]
    public async Task What_is_decided_during_a_write_shares_the_next_and_no_version_is_used_twice_or_skipped()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var held = fixture.Storage.HoldWrites(key);
        var first = device.PatchReportedAsync(Patch);
        await fixture.Storage.WriteBeganAsync(key, 2);
        var patches = Enumerable.Range(0, 99).Select(_ => device.PatchReportedAsync(Patch)).Prepend(first).ToArray();
        Assert.Contains("\"version\":1,", await TwinOf(device), StringComparison.Ordinal);
        held.Dispose();
        var versions = (await Task.WhenAll(patches)).Select(reply => ((ReportedReply.Accepted)reply).Version).Order();
        Assert.Equal(Enumerable.Range(2, 100).Select(v => (long)v), versions);
        // Creation and a write for each would be 101; how many arrive while the first is held is the network's to say.
        Assert.InRange(fixture.Storage.WritesOf(key), 2, 100);
    }

    [Fact]
    public async Task What_waited_behind_a_write_that_failed_is_not_stored()
    {
        // A call that comes late finds the grain new, and waited behind nothing: then with another device.
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var (key, device) = await fixture.NewDeviceAsync();
            var held = fixture.Storage.HoldWrites(key);
            var first = device.PatchReportedAsync(Patch);
            await fixture.Storage.WriteBeganAsync(key, 2);
            var second = device.PatchReportedAsync(JsonUtf8.Parse("""{"flow":2}"""));
            await TwinOf(device);
            fixture.Storage.FailNextWrite(key, new OrleansException("disk"));
            held.Dispose();
            await Assert.ThrowsAnyAsync<OrleansException>(() => first);
            if (await Record.ExceptionAsync(() => second) is OrleansException)
            {
                Assert.Null(fixture.Storage.Stored(key)!.Reported.Json);
                return;
            }
        }

        Assert.Fail("No call ever waited behind another.");
    }

    [Fact]
    public async Task What_the_store_threw_reaches_callers_elsewhere_as_a_fault_that_they_know()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        fixture.Storage.FailNextWrite(key, new FaultOfSomeStore("disk", new InvalidOperationException("its own words")));
        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => device.PatchReportedAsync(Patch));
        Assert.Contains("disk", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_another_wrote_is_read_again()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        fixture.Storage.FailNextWrite(key, new InconsistentStateException("another"));
        await Assert.ThrowsAnyAsync<OrleansException>(() => device.PatchReportedAsync(Patch));
        Assert.IsType<ReportedReply.Accepted>(await device.PatchReportedAsync(Patch));
    }

    [Fact]
    public async Task Desired_changes_reach_the_session_in_order_and_nulls_included()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var (_, session) = await fixture.ConnectAsync(device, silo: 1);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => device.PatchDesiredAsync(JsonUtf8.Parse($$"""{"a":{{i}},"b":null}"""))));
        for (var version = 2; version <= 21; version++)
        {
            var change = await session.NextPushAsync(TestContext.Current.CancellationToken);
            Assert.Equal(version, change.Version);
            Assert.EndsWith($",\"b\":null,\"$version\":{version}}}", change.Patch.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Changes_that_were_stored_together_all_reach_the_session()
    {
        var (_, session, changes) = await ChangeDuringAWriteAsync(150, "1");
        await Task.WhenAll(changes);
        for (var version = 2; version <= 152; version++)
        {
            Assert.Equal(version, (await session.NextPushAsync(TestContext.Current.CancellationToken)).Version);
        }

        Assert.False(session.Closed.IsCompleted);
    }

    [Fact]
    public async Task A_device_that_cannot_be_told_of_every_change_is_made_to_connect_again()
    {
        var text = new string('x', 4000);
        var (device, session, changes) = await ChangeDuringAWriteAsync(150, $$"""{"b":"{{text}}","c":"{{text}}"}""");
        await Task.WhenAll(changes);
        Assert.Equal(SessionCloseReason.ChangeMissed, await session.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Contains("\"$version\":152", await TwinOf(device), StringComparison.Ordinal);
    }

    private async Task<(Devices.IDeviceGrain Device, TestSession Session, Task[] Changes)> ChangeDuringAWriteAsync(int count, string value)
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var (_, session) = await fixture.ConnectAsync(device, silo: 1);
        using var held = fixture.Storage.HoldWrites(key);
        var first = device.PatchDesiredAsync(Patch);
        await fixture.Storage.WriteBeganAsync(key, 3);
        Task[] changes = [first, .. Enumerable.Range(0, count).Select(_ => device.PatchDesiredAsync(JsonUtf8.Parse($$"""{"a":{{value}}}""")))];
        await TwinOf(device);
        return (device, session, changes);
    }

    [Fact]
    public async Task Tags_alone_are_not_the_devices_business()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var (_, session) = await fixture.ConnectAsync(device);
        var changed = Assert.IsType<TwinReply.Found>(await device.ChangeTwinAsync(new TwinChange { Tags = JsonUtf8.Parse("""{"site":"b"}""") }));
        Assert.Equal(2, changed.Version);
        await device.PatchDesiredAsync(Patch);
        Assert.Equal(2, (await session.NextPushAsync(TestContext.Current.CancellationToken)).Version);
        Assert.False(session.HasPush);
    }

    [Fact]
    public async Task An_unknown_device_has_no_twin_and_a_stale_etag_changes_nothing()
    {
        Assert.Equal(HubErrorCode.DeviceNotFound, Refused(await fixture.Device("nobody").GetTwinAsync()));
        Assert.Equal(HubErrorCode.ModuleNotFound, Refused(await fixture.Device("nobody/m").PatchDesiredAsync(Patch)));
        var (_, device) = await fixture.NewDeviceAsync();
        Assert.Equal(HubErrorCode.PreconditionFailed, Refused(await device.PatchDesiredAsync(Patch, "\"AAAAAAAAAAk=\"")));
        Assert.IsType<TwinReply.Found>(await device.PatchDesiredAsync(Patch, "\"AAAAAAAAAAE=\""));
    }

    private static HubErrorCode Refused(TwinReply reply) => Assert.IsType<TwinReply.Refused>(reply).Why.Code;

    private static async Task<string> TwinOf(Devices.IDeviceGrain device) =>
        Assert.IsType<TwinReply.Found>(await device.GetTwinAsync()).Twin.ToString();

    private sealed class FaultOfSomeStore(string message, Exception inner) : OrleansException(message, inner);
}
