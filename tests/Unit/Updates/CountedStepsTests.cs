using Xunit;

namespace Muster.Updates;

public sealed class CountedStepsTests
{
    [Fact]
    public void A_run_of_steps_of_one_rollout_is_one_item_from_where_it_began_to_how_it_ended()
    {
        var (rollout, item) = Assert.Single(CountedSteps.Of("pump", [Step("a", UpdateStatus.Gated, UpdateStatus.Offered), Step("a", UpdateStatus.Offered, UpdateStatus.Accepted) with { IsGranted = true }]));

        Assert.Equal("a", rollout);
        Assert.Equal(("pump", UpdateStatus.Gated, UpdateStatus.Accepted, true), (item.DeviceId, item.From, item.To, item.IsGranted));
    }

    [Fact]
    public void A_device_that_goes_from_one_rollout_to_another_in_one_commit_counts_for_both()
    {
        var items = CountedSteps.Of("pump", [Step("a", UpdateStatus.Offered, UpdateStatus.Superseded), Step("b", UpdateStatus.Planned, UpdateStatus.Eligible)]).ToList();

        Assert.Equal([("a", UpdateStatus.Superseded), ("b", UpdateStatus.Eligible)], items.Select(static counted => (counted.Rollout, counted.Item.To)));
    }

    [Fact]
    public void A_step_on_the_way_that_changes_no_count_is_left_to_the_store()
    {
        Assert.Empty(CountedSteps.Of("pump", [Step("a", UpdateStatus.Downloading, UpdateStatus.Downloaded), Step("a", UpdateStatus.Downloaded, UpdateStatus.Installing)]));
        Assert.Single(CountedSteps.Of("pump", [Step("a", UpdateStatus.Downloading, UpdateStatus.Downloaded), Step("a", UpdateStatus.Downloaded, UpdateStatus.ReadyToInstall) with { IsReady = true }]));
    }

    private static UpdateStep Step(string rollout, UpdateStatus from, UpdateStatus to) =>
        Storage.SampleSteps.Full with { Rollout = rollout, From = from, To = to, IsGranted = false, IsReady = false };
}
