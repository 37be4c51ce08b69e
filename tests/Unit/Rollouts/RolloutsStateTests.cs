using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutsStateTests
{
    [Fact]
    public void The_list_is_bounded_and_forgets_no_rollout_that_is_live()
    {
        var state = new RolloutsState().Knowing("first").Waking("first")!;
        for (var i = 0; i < RolloutsState.MaxKnown + 10; i++)
        {
            state = state.Knowing($"r{i}");
        }

        Assert.Equal(RolloutsState.MaxKnown, state.Known.Length);
        Assert.Contains("first", state.Known);
        Assert.DoesNotContain("r0", state.Known);
    }

    [Fact]
    public void A_rollout_that_takes_back_finds_room_behind_all_that_may_be_live_otherwise()
    {
        var state = Enumerable.Range(0, RolloutsState.MaxLiveUrgently).Aggregate(new RolloutsState(), static (state, i) => state.Waking($"r{i}", isUrgent: true)!);
        Assert.Equal(2 * RolloutsState.MaxLive, state.Live.Length);
        Assert.Null(state.Waking("one-more", isUrgent: true));
        Assert.Null(state.Waking("one-more"));
    }

    [Fact]
    public void The_earliest_time_that_is_still_to_come_is_kept_until_it_has_come()
    {
        var (now, state) = (DateTimeOffset.UnixEpoch, new RolloutsState());
        state = state.Expecting("r", now.AddHours(2), now).Expecting("r", now.AddHours(1), now).Expecting("r", now.AddHours(3), now);
        Assert.Empty(state.Due(now));
        Assert.Equal(["r"], state.Due(now.AddHours(1)));
        Assert.Equal(["r"], state.Resting("r", now).Due(now.AddHours(1)));
        Assert.Empty(state.Resting("r", now.AddHours(1)).Expected);

        var later = state.Expecting("r", now.AddHours(3), now.AddHours(1));
        Assert.Empty(later.Due(now.AddHours(2)));
        Assert.Equal(["r"], later.Due(now.AddHours(3)));
    }

    [Fact]
    public void What_is_expected_is_bounded()
    {
        var state = Enumerable.Range(0, RolloutsState.MaxKnown + 5).Aggregate(new RolloutsState(), static (state, i) => state.Expecting($"r{i}", DateTimeOffset.UnixEpoch, default));
        Assert.Equal(RolloutsState.MaxKnown, state.Expected.Count);
    }

    [Fact]
    public void So_many_are_live_and_no_more()
    {
        var state = Enumerable.Range(0, RolloutsState.MaxLive).Aggregate(new RolloutsState(), static (state, i) => state.Waking($"r{i}")!);
        Assert.Null(state.Waking("one-more"));
        Assert.Same(state, state.Waking("r0"));
        Assert.NotNull(state.Waking("one-more", isUrgent: true));
        Assert.NotNull(state.Resting("r0", default).Waking("one-more"));
    }
}
