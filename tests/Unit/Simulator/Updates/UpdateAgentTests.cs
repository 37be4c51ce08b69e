using Xunit;

namespace Muster.Simulation.Updates;

public sealed class UpdateAgentTests
{
    [Fact]
    public void An_update_goes_through_its_steps_in_order()
    {
        var device = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7")));
        Assert.Equal(["accepted", "downloading", "downloaded", "installing", "installed", "rebooting", "confirming", "0"], device.Steps);
        Assert.Equal(("2.0.0", 1, new UpdateId("pump-fw", "2.0.0")), (device.State.Version, device.State.RestartCount, device.State.Installed));
        Assert.Equal(UpdateResult.Success, device.Reports.Last().Job.Result);
        Assert.Equal("2.0.0", device.Reports.First(report => report.Job.Step == UpdateStep.Confirming).Version);
        Assert.All(device.Reports, report => Assert.Equal("7", report.Job.Order.WorkflowId));
    }

    [Theory]
    [InlineData(UpdateFault.None, 0, "00000000", "2.0.0")]
    [InlineData(UpdateFault.Cut, 0, "00000000", "2.0.0")]
    [InlineData(UpdateFault.Hash, 255, "10000002", "1.0.0")]
    [InlineData(UpdateFault.Install, 255, "20000001", "1.0.0")]
    [InlineData(UpdateFault.OldImage, 255, "30000001", "1.0.0")]
    [InlineData(UpdateFault.Unhealthy, 0, "00000000", "2.0.0")]
    [InlineData(UpdateFault.Lies, 0, "00000000", "1.0.0")]
    [InlineData(UpdateFault.Twice, 0, "00000000", "2.0.0")]
    [InlineData(UpdateFault.Late, 0, "00000000", "2.0.0")]
    [InlineData(UpdateFault.Reorder, 0, "00000000", "2.0.0")]
    internal void Every_fault_but_silence_ends_in_a_result(UpdateFault fault, int state, string codes, string version)
    {
        var device = new DiligentDevice(Orders.Device(fault)).On(Orders.Desire(Orders.Process("7")));
        var last = device.Reports.Last();
        Assert.Equal((state, codes, version), (last.State, last.Job.Result!.ExtendedCodes, last.Version));
        Assert.Equal(version, device.State.Version);
    }

    [Fact]
    public void One_that_never_returns_is_not_heard_of_after_the_step_before_its_reboot()
    {
        var device = new DiligentDevice(Orders.Device(UpdateFault.NeverReturns)).On(Orders.Desire(Orders.Process("7")));
        Assert.Equal("rebooting", device.Steps.Last());
        Assert.IsType<AgentAction.Vanish>(device.Actions[^1]);
        Assert.DoesNotContain(device.Actions, action => action is AgentAction.Reboot);
        Assert.IsType<AgentAction.Vanish>(Assert.Single(device.Step(new AgentEvent.Booted())));
    }

    [Fact]
    public void A_cut_is_asked_of_the_download() => Assert.True(
        Assert.Single(new DiligentDevice(Orders.Device(UpdateFault.Cut)).On(Orders.Desire(Orders.Process("7"))).Actions.OfType<AgentAction.Download>()).CutOnce);

    [Fact]
    public void One_that_becomes_unhealthy_restarts_again_and_again_until_it_runs_another_image()
    {
        var device = new DiligentDevice(Orders.Device(UpdateFault.Unhealthy)).On(Orders.Desire(Orders.Process("7")));
        Assert.Equal((true, 11), (device.State.IsUnhealthy, device.State.RestartCount));
        device.On(Orders.Desire(Orders.Process("8", version: "1.0.0") with { IsRollback = true }));
        Assert.Equal((false, 12, "1.0.0"), (device.State.IsUnhealthy, device.State.RestartCount, device.State.Version));
    }

    [Theory]
    [InlineData(UpdateFault.Twice, "accepted accepted downloading downloading downloaded downloaded installing installing installed installed rebooting rebooting confirming confirming 0 0")]
    [InlineData(UpdateFault.Late, "accepted downloading downloaded installing installed downloading rebooting confirming installing 0")]
    [InlineData(UpdateFault.Reorder, "downloading accepted downloaded installed installing rebooting confirming 0")]
    internal void Reports_come_twice_late_or_out_of_order_and_the_last_word_stays_the_last(UpdateFault fault, string steps) =>
        Assert.Equal(steps, string.Join(' ', new DiligentDevice(Orders.Device(fault)).On(Orders.Desire(Orders.Process("7"))).Steps));

    [Fact]
    public void It_stops_before_a_step_that_is_not_permitted_and_goes_on_when_it_is()
    {
        var device = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7", UpdatePermit.Download)));
        Assert.Equal("downloaded", device.Steps.Last());
        Assert.Equal("installed", device.On(Orders.Desire(Orders.Process("7", UpdatePermit.Install))).Steps.Last());
        Assert.Equal("0", device.On(Orders.Desire(Orders.Process("7"))).Steps.Last());
    }

    [Fact]
    public void A_cancel_stops_what_has_written_nothing()
    {
        var device = new DiligentDevice(Orders.Device());
        device.Step(Orders.Desire(Orders.Process("7")));
        device.On(Orders.Desire(Orders.Cancel("7")));
        Assert.IsType<AgentAction.StopDownload>(device.Actions[^2]);
        Assert.Equal((0, UpdateResult.CancelledCode), (device.Reports.Last().State, device.Reports.Last().Job.Result!.Code));
        Assert.Empty(device.Step(new AgentEvent.DownloadEnded("7", null)));
    }

    [Fact]
    public void A_cancel_that_comes_too_late_is_rejected_and_the_update_goes_on()
    {
        var device = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7")), action => action is AgentAction.Wait ? null : DiligentDevice.Answer(action));
        device.Step(Orders.Desire(Orders.Cancel("7")));
        Assert.Equal((true, UpdateStep.Installing), (device.Reports.Last().RejectsCancel, device.Reports.Last().Job.Step));
        device.On(new AgentEvent.Elapsed("7", UpdateStep.Installing));
        Assert.Single(device.Reports, report => report.RejectsCancel);
        Assert.Equal(("0", "2.0.0"), (device.Steps.Last(), device.State.Version));
    }

    [Fact]
    public void A_cancel_of_what_never_came_is_confirmed()
    {
        var device = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Cancel("7")));
        Assert.Equal(UpdateResult.Cancelled, Assert.Single(device.Reports).Job.Result);
        Assert.Empty(device.Step(Orders.Desire(Orders.Process("7"))));
    }

    [Fact]
    public void A_new_workflow_is_taken_at_once_while_nothing_is_installed_and_afterwards_if_something_is()
    {
        var early = new DiligentDevice(Orders.Device());
        early.Step(Orders.Desire(Orders.Process("7")));
        early.On(Orders.Desire(Orders.Process("8", version: "3.0.0")));
        Assert.Equal(("3.0.0", "8"), (early.State.Version, early.Reports.Last().Job.Order.WorkflowId));
        Assert.DoesNotContain(early.Reports, report => report.Job is { Step: UpdateStep.Installing, Order.WorkflowId: "7" });

        var late = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7")), action => action is AgentAction.Wait ? null : DiligentDevice.Answer(action));
        Assert.Empty(late.Step(Orders.Desire(Orders.Process("8", version: "3.0.0"))));
        late.On(new AgentEvent.Elapsed("7", UpdateStep.Installing));
        Assert.Equal(["7", "8"], late.Reports.Where(report => report.State == 0).Select(report => report.Job.Order.WorkflowId));
        Assert.Equal("3.0.0", late.State.Version);
    }

    [Fact]
    public void What_it_runs_already_it_says_at_once() => Assert.Equal(
        ["accepted", "0"], new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7", version: "1.0.0"))).Steps);

    [Fact]
    public void What_is_not_for_it_cannot_be_read_or_does_not_fit_is_refused()
    {
        var order = Orders.Process("7");
        Assert.Equal("20000001", Code(order with { Manifest = order.Manifest! with { Targets = [new("P8", null), new("P7", "2")] } }));
        Assert.Equal("10000003", Code(order with { Manifest = order.Manifest with { Files = [order.Manifest.Files[0] with { Size = UpdateAgent.Space + 1 }] } }));
        Assert.Equal("10000002", Code(order with { Manifest = null, Problem = "torn" }));

        static string Code(UpdateOrder order) => new DiligentDevice(Orders.Device()).On(Orders.Desire(order)).Reports.Last().Job.Result!.ExtendedCodes;
    }

    [Theory]
    [InlineData(UpdateFault.Hash)]
    [InlineData(UpdateFault.Install)]
    [InlineData(UpdateFault.NeverReturns)]
    [InlineData(UpdateFault.OldImage)]
    [InlineData(UpdateFault.Unhealthy)]
    [InlineData(UpdateFault.Lies)]
    internal void A_fault_of_the_way_there_does_not_befall_the_way_back_whoever_chose_it(UpdateFault fault)
    {
        var back = Orders.Desire(Orders.Process("8") with { IsRollback = true });
        foreach (var device in new[] { new DiligentDevice(Orders.Device(fault)), new DiligentDevice(Orders.Device()).On(new AgentEvent.FaultChosen(fault)) })
        {
            device.On(back);
            Assert.Equal(("0", "2.0.0", false), (device.Steps.Last(), device.State.Version, device.State.IsUnhealthy));
        }
    }

    [Fact]
    public void One_that_became_unhealthy_by_request_is_healthy_once_it_is_brought_back()
    {
        var device = new DiligentDevice(Orders.Device()).On(new AgentEvent.FaultChosen(UpdateFault.Unhealthy)).On(Orders.Desire(Orders.Process("7")));
        Assert.True(device.State.IsUnhealthy);
        device.On(Orders.Desire(Orders.Process("8", version: "1.0.0") with { IsRollback = true }));
        Assert.Equal((false, "1.0.0"), (device.State.IsUnhealthy, device.State.Version));
    }

    [Fact]
    public void Whoever_restarts_it_what_is_installed_is_what_it_boots()
    {
        var device = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7", UpdatePermit.Install)));
        device.On(new AgentEvent.Booted());
        Assert.Equal(("2.0.0", "0"), (device.State.Version, device.Steps.Last()));
    }

    [Fact]
    public void Progress_is_said_in_quarters()
    {
        var device = new DiligentDevice(Orders.Device());
        device.Step(Orders.Desire(Orders.Process("7")));
        device.Actions.Clear();
        foreach (var percent in Enumerable.Range(0, 101))
        {
            device.Step(new AgentEvent.Progressed("7", percent));
        }

        Assert.Equal([25, 50, 75], device.Reports.Select(report => report.Job.Percent));
    }
}
