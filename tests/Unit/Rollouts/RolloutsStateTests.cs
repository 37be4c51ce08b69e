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
    public void So_many_are_live_and_no_more()
    {
        var state = Enumerable.Range(0, RolloutsState.MaxLive).Aggregate(new RolloutsState(), static (state, i) => state.Waking($"r{i}")!);
        Assert.Null(state.Waking("one-more"));
        Assert.Same(state, state.Waking("r0"));
        Assert.NotNull(state.Resting("r0").Waking("one-more"));
    }
}
