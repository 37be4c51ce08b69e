using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class HaltDecisionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Failures_at_the_limit_are_tolerated_and_one_more_is_not(int limit)
    {
        var rule = new HaltRule { Kind = HaltKind.FailedCount, Limit = limit };
        Assert.False(Read(rule, new Tally { Failed = limit, Attempted = 10 }).Fires);
        Assert.True(Read(rule, new Tally { Failed = limit + 1, Attempted = 10 }).Fires);
    }

    [Fact]
    public void A_share_is_looked_at_once_the_sample_is_there()
    {
        var rule = new HaltRule { Kind = HaltKind.FailedPercent, Limit = 10, MinSample = 10 };
        Assert.Equal(new HaltReading(100, 9, false), Read(rule, new Tally { Failed = 1, Attempted = 1 }));
        Assert.Equal(new HaltReading(10, 0, false), Read(rule, new Tally { Failed = 1, Attempted = 10 }));
        Assert.Equal(new HaltReading(20, 0, true), Read(rule, new Tally { Failed = 2, Attempted = 10 }));
    }

    [Fact]
    public void More_failures_never_silence_a_rule()
    {
        foreach (var kind in Enum.GetValues<HaltKind>())
        {
            foreach (var (failed, attempted) in from a in Enumerable.Range(1, 30) from f in Enumerable.Range(0, a) select (f, a))
            {
                var rule = new HaltRule { Kind = kind, Limit = 7, MinSample = 5 };
                var (less, more) = (Of(failed, attempted), Of(failed + 1, attempted));
                Assert.True(!HaltDecision.Read(rule, less, default, failed).Fires || HaltDecision.Read(rule, more, default, failed + 1).Fires);
            }
        }

        static Tally Of(int failed, int attempted) => new() { Failed = failed, Attempted = attempted, Critical = failed, Unreached = failed, Succeeded = attempted };
    }

    [Fact]
    public void What_an_operator_let_pass_is_counted_no_more()
    {
        var rule = new HaltRule { Kind = HaltKind.FailedPercent, Limit = 10, MinSample = 10 };
        var seen = new Tally { Failed = 5, Attempted = 20 };
        Assert.True(Read(rule, seen).Fires);

        var baseline = HaltBaseline.Of(seen);
        Assert.False(HaltDecision.Read(rule, seen, baseline, 0).Fires);
        Assert.False(HaltDecision.Read(rule, seen with { Failed = 6, Attempted = 30 }, baseline, 0).Fires);
        Assert.True(HaltDecision.Read(rule, seen with { Failed = 7, Attempted = 30 }, baseline, 0).Fires);
    }

    [Fact]
    public void Of_the_rules_that_fire_the_strongest_action_is_taken()
    {
        HaltRule[] rules = [Rule(HaltAction.Hold), Rule(HaltAction.RollBack), Rule(HaltAction.Abort)];
        Assert.Equal(1, HaltDecision.Strongest([.. rules], rule => Read(rule, new Tally { Failed = 1, Attempted = 1 })));
        Assert.Equal(-1, HaltDecision.Strongest([.. rules], rule => Read(rule, default)));

        static HaltRule Rule(HaltAction action) => new() { Kind = HaltKind.FailedCount, Limit = 0, Action = action };
    }

    [Fact]
    public void Each_member_is_counted_for_what_it_is()
    {
        var tally = Tally.Of(
        [
            Count(UpdateStatus.Planned, 1), Count(UpdateStatus.Eligible, 2), Count(UpdateStatus.Offered, 3, granted: true), Count(UpdateStatus.Installing, 4, attempted: 4, granted: true),
            Count(UpdateStatus.Succeeded, 5, attempted: 5), Count(UpdateStatus.Failed, 6, attempted: 6), Count(UpdateStatus.RolledBack, 7, attempted: 7),
            Count(UpdateStatus.Quarantined, 8, attempted: 8), Count(UpdateStatus.Unreachable, 9), Count(UpdateStatus.Unreachable, 10, attempted: 10, reason: Tally.AfterInstall),
            Count(UpdateStatus.Canceled, 11, attempted: 11), Count(UpdateStatus.Incompatible, 12), Count(UpdateStatus.AlreadyCurrent, 13),
        ]);

        Assert.Equal(
            new Tally
            {
                Total = 91, Planned = 1, Final = 81, Attempted = 40, Succeeded = 5, Failed = 31, Critical = 18, Quarantined = 8, Unreached = 9, Benign = 36, NothingToDo = 25, NotBack = 63,
                Granted = 7, Ahead = 2,
            },
            tally);
    }

    [Fact]
    public void Only_what_left_nothing_to_do_is_counted_as_that_and_only_what_runs_what_it_was_to_get_as_back()
    {
        Assert.Equal((3, 1), Of((UpdateStatus.Excluded, "Quarantined"), (UpdateStatus.AlreadyCurrent, null), (UpdateStatus.Skipped, "DeviceDeleted")));
        Assert.Equal((1, 1), Of((UpdateStatus.Incompatible, "NoWayBack"), (UpdateStatus.Succeeded, null)));
        Assert.Equal((1, 4), Of(
            (UpdateStatus.Skipped, "DeviceNotFound"), (UpdateStatus.Skipped, "WindowNeverOpened"), (UpdateStatus.Canceled, "DeviceDeleted"), (UpdateStatus.Superseded, null),
            (UpdateStatus.Skipped, "GateDenied"), (UpdateStatus.Verifying, null)));

        static (int NothingToDo, int NotBack) Of(params (UpdateStatus, string?)[] members)
        {
            var tally = Tally.Of(members.Select(static member => Count(member.Item1, 1, reason: member.Item2)));
            return (tally.NothingToDo, tally.NotBack);
        }
    }

    private static TargetCount Count(UpdateStatus status, int members, int attempted = 0, bool granted = false, string? reason = null) =>
        new(0, status, granted, reason, members, attempted, 0);

    private static HaltReading Read(HaltRule rule, Tally tally) => HaltDecision.Read(rule, tally, default, 0);
}
