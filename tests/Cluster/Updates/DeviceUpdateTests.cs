using Muster.Devices;
using Muster.Errors;
using Muster.Fixture;
using Muster.Gates;
using Muster.Json;
using Orleans.Core.Internal;
using Xunit;

namespace Muster.Updates;

public sealed class DeviceUpdateTests(UpdateFixture fixture) : IClassFixture<UpdateFixture>
{
    [Fact]
    public async Task A_gate_of_a_rollout_that_is_superseded_is_closed_before_the_other_takes_the_device()
    {
        var (gated, urgent) = (await fixture.NewPlanAsync("2.0.0", UpdateFixture.Reroute), await fixture.NewPlanAsync("3.0.0"));
        var (_, device) = await fixture.NewDeviceAsync();
        Assert.Equal(new AssignReply.Taken(UpdateStatus.Gated), await device.AssignUpdateAsync(UpdateFixture.Assignment(gated, "2.0.0")));

        Assert.Equal(new AssignReply.Busy(gated), await device.AssignUpdateAsync(UpdateFixture.Assignment(urgent, "3.0.0", priority: 900)));

        var view = await device.GetUpdateAsync();
        Assert.Equal((gated, UpdateStatus.Superseded, GateStatus.Closing), (view!.Rollout, view.Status, Assert.Single(view.Gates).Status));
        await device.AnswerGateAsync(view.Gates[0].Key, new GateAnswer(GateWord.Closed, "webhook"));
        Assert.Equal(new AssignReply.Taken(UpdateStatus.Offered), await device.AssignUpdateAsync(UpdateFixture.Assignment(urgent, "3.0.0", priority: 900)));
    }

    [Fact]
    public async Task A_device_is_not_deleted_while_whoever_opened_a_gate_has_not_heard_of_the_end()
    {
        var gated = await fixture.NewPlanAsync("2.0.0", UpdateFixture.Reroute);
        var (key, device) = await fixture.NewDeviceAsync();
        Assert.IsType<IdentityReply.Accepted>(await device.CreateModuleAsync("pump", new IdentitySpec()));
        await device.AssignUpdateAsync(UpdateFixture.Assignment(gated, "2.0.0"));
        Assert.Equal(HubErrorCode.ServiceUnavailable, Assert.IsType<IdentityReply.Refused>(await device.DeleteAsync(null)).Why.Code);
        Assert.NotNull(fixture.Storage.Stored($"{key}/pump"));

        await device.CancelUpdateAsync(gated, "olga", "Scrapped");
        Assert.IsType<IdentityReply.Refused>(await device.DeleteAsync(null));
        await device.AnswerGateAsync(Assert.Single((await device.GetUpdateAsync())!.Gates).Key, new GateAnswer(GateWord.Closed, "webhook"));
        Assert.IsType<IdentityReply.Accepted>(await device.DeleteAsync(null));
        Assert.Null(fixture.Storage.Stored(key));
    }

    [Fact]
    public async Task Gates_are_shown_by_a_silo_that_has_not_read_the_plan()
    {
        var gated = await fixture.NewPlanAsync("2.0.0", UpdateFixture.Reroute);
        var (key, device) = await fixture.NewDeviceAsync();
        await device.AssignUpdateAsync(UpdateFixture.Assignment(gated, "2.0.0"));

        // The same row, under ids that live on other silos.
        var row = fixture.Storage.Stored(key)!;
        for (var i = 0; i < 12; i++)
        {
            fixture.Storage.Put($"{key}-{i}", row with { NextDeadline = null });
            Assert.Equal("reroute", Assert.Single((await fixture.Device($"{key}-{i}").GetUpdateAsync())!.Gates).Name);
        }
    }

    [Fact]
    public async Task An_agent_that_talks_by_the_twin_is_told_there_whatever_the_device_says_that_it_is()
    {
        var rollout = await fixture.NewPlanAsync("2.0.0");
        var (key, device) = await fixture.NewDeviceAsync("rauc");
        await device.AssignUpdateAsync(UpdateFixture.Assignment(rollout, "2.0.0"));
        await device.PatchReportedAsync(JsonUtf8.Parse("""{"deviceUpdate":{"agent":{"state":6,"step":"accepted","workflow":{"id":"1"}}}}"""));
        await Eventually.HoldsAsync("it is told", () => UpdateFixture.StoredUpdate(fixture.Storage.Stored(key))?.Told is not null);
    }

    [Fact]
    public async Task What_was_installed_is_told_that_it_may_reboot_though_its_release_was_withdrawn_meanwhile()
    {
        var rollout = await fixture.NewPlanAsync("8.0.0", UpdateFixture.Reroute with { Phase = GatePhase.BeforeReboot });
        var (key, device) = await fixture.NewDeviceAsync();
        await device.AssignUpdateAsync(UpdateFixture.Assignment(rollout, "8.0.0"));
        await Eventually.HoldsAsync("it may install", () => Told()?.Contains("/install/", StringComparison.Ordinal) == true);
        foreach (var step in (string[])["accepted", "downloading", "downloaded", "installing", "installed"])
        {
            await device.PatchReportedAsync(JsonUtf8.Parse("""{"deviceUpdate":{"agent":{"state":6,"step":"STEP","workflow":{"id":"1"}}}}""".Replace("STEP", step, StringComparison.Ordinal)));
        }

        fixture.Withdrawn["8.0.0"] = true;
        await device.Cast<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);
        await device.AnswerGateAsync(Assert.Single((await device.GetUpdateAsync())!.Gates).Key, new GateAnswer(GateWord.Open, "webhook"));

        await Eventually.HoldsAsync("it may reboot", () => Told()?.Contains("/reboot/", StringComparison.Ordinal) == true);
        Assert.Contains("updateManifest", System.Text.Encoding.UTF8.GetString(fixture.Storage.Stored(key)!.Desired.Json!), StringComparison.Ordinal);

        string? Told() => UpdateFixture.StoredUpdate(fixture.Storage.Stored(key))?.Told;
    }

    [Fact]
    public async Task A_twin_that_takes_no_offer_is_tried_once_a_minute()
    {
        var rollout = await fixture.NewPlanAsync("9.0.0");
        var (key, device) = await fixture.NewDeviceAsync();
        Assert.Equal(new AssignReply.Taken(UpdateStatus.Offered), await device.AssignUpdateAsync(UpdateFixture.Assignment(rollout, "9.0.0")));
        await Eventually.HoldsAsync("it is tried later", () => UpdateFixture.StoredUpdate(fixture.Storage.Stored(key)) is { Told: null } update && update.LookAt > TimeProvider.System.GetUtcNow().AddSeconds(30));
    }
}
