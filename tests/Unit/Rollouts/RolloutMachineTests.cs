using Xunit;
using static Muster.Rollouts.RolloutSignal;
using static Muster.Rollouts.RolloutStatus;

namespace Muster.Rollouts;

/// <summary>The laws of the rollout machine, over its whole space.</summary>
public sealed class RolloutMachineTests
{
    private static readonly RolloutStatus[] Statuses = Enum.GetValues<RolloutStatus>();
    private static readonly RolloutSignal[] Signals = Enum.GetValues<RolloutSignal>();

    [Fact]
    public void What_is_over_stays_over_unless_an_operator_takes_it_back() =>
        EveryCase((status, signal) => Assert.True(!status.IsFinal() || To(status, signal) == status || signal == RollBack));

    [Fact]
    public void A_signal_that_moved_it_moves_it_nowhere_else_when_it_comes_again() => EveryCase((status, signal) =>
    {
        var once = To(status, signal);
        Assert.True(once == To(once, signal) || (signal is Schedule && once == Scheduled));
    });

    [Fact]
    public void Nothing_that_was_started_can_be_edited_approved_or_withdrawn_but_what_is_scheduled() => EveryCase((status, signal) =>
    {
        if (status.IsLive() && status != Scheduled)
        {
            Assert.True(signal is not (Edit or Submit or Approve or Reject or Lapse or Outdate or Withdraw) || Next(status, signal) is RolloutMove.Refused);
        }
    });

    [Fact]
    public void Only_what_was_approved_begins() => EveryCase((status, signal) =>
        Assert.True(To(status, signal) != Starting || status is Approved or Scheduled or Starting));

    [Fact]
    public void An_edit_voids_every_approval() => EveryCase((status, signal) => Assert.True(signal != Edit || Next(status, signal) is RolloutMove.Refused || To(status, signal) == Draft));

    [Fact]
    public void What_was_stopped_for_good_never_runs_again() => EveryCase((status, signal) =>
        Assert.True(status is not (Aborting or RollingBack or Completing) || To(status, signal) is not (Running or Paused or Holding or Starting)));

    [Fact]
    public void It_goes_through_whatever_may_be_under_way_before_it_is_over() => EveryCase((status, signal) =>
        Assert.True(!status.IsLive() || !To(status, signal).IsFinal() || status is Completing or Aborting or RollingBack || signal == Withdraw));

    [Fact]
    public void A_halt_never_lifts_an_operators_pause() => Assert.IsType<RolloutMove.Unchanged>(Next(Paused, Hold));

    [Theory]
    [InlineData(Running)]
    [InlineData(Paused)]
    [InlineData(Holding)]
    [InlineData(Starting)]
    [InlineData(Completing)]
    public void Whatever_offers_or_could_or_has_devices_under_way_can_be_aborted_and_taken_back(RolloutStatus status)
    {
        Assert.Equal(Aborting, To(status, Abort));
        Assert.Equal(RollingBack, To(status, RollBack));
    }

    private static void EveryCase(Action<RolloutStatus, RolloutSignal> law)
    {
        foreach (var status in Statuses)
        {
            foreach (var signal in Signals)
            {
                law(status, signal);
            }
        }
    }

    private static RolloutMove Next(RolloutStatus status, RolloutSignal signal) => RolloutMachine.Next(status, signal);

    private static RolloutStatus To(RolloutStatus status, RolloutSignal signal) => Next(status, signal) is RolloutMove.Moved moved ? moved.To : status;
}
