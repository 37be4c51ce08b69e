using System.Collections.Immutable;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutTextTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 0, TimeSpan.Zero);

    [Fact]
    public void A_rollout_under_way_is_a_table_with_a_bar_for_each_group() => AssertText(
        """
        fuel-pump-2: Fuel pump 2.0, release fuel-pump-fw@2.0.0, by ada
        HOLDING since 2030-01-02 02:34 UTC (30 min)
        because 5.2 % of the attempted devices failed, above 5 %

        GROUP   STATUS                               DONE  VERIFIED  FAILED  LEFT OUT  UNDER WAY  WAITING   TOTAL
        canary  passed   [########################]  100%         3       0         0          0        0       3
        early   held     [###########x/-----------]   51%     1,000      55         5        997        0   2,057
        rest    pending  [........................]    0%         0       0         0          0   10,000  10,000
        all              [##x/--..................]    8%     1,003      55         5        997   10,000  12,060

        # verified   x failed   / left out   - under way   . waiting

        in flight  100 of at most 100; 1,055 attempted so far
        rate       12.5 a minute are verified; at most 120 a minute begin
        ETA        unknown while nothing moves
        states     planned 10,000, downloading 997, succeeded 1,003, excluded 5, failed 55

        halts
          failedPercent       5.2 % (above 5 %: hold)  FIRED
          critical            0 (above 0: rollBack)    fires with 1 more
          consecutive         2 (above 5: abort)       fires with 4 more
          unreachablePercent  0 % (above 10 %: hold)   counts after 40 more attempted

        approvals
          1. safety  1 of 1  approved  approved by sam 2030-01-01 03:04 UTC
          2. ops     0 of 2  pending   expires 2030-01-09 03:04 UTC

        next  POST /api/v1/rollouts/fuel-pump-2/resume, …/abort or …/rollback, by an operator

        """,
        RolloutText.Of(UnderWay, Now));

    [Fact]
    public void A_draft_says_what_comes_next() => AssertText(
        """
        r: Pump, release pump@2, by ada
        DRAFT since 1970-01-01 00:00 UTC (21916 d 3 h)

        No members yet: they are found when it starts. POST …/plan says which they would be.

        in flight  0; 0 attempted so far
        rate       none verified lately
        ETA        unknown while nothing moves

        next  POST /api/v1/rollouts/r/submit, by its author

        """,
        RolloutText.Of(FakeRollout.Stands("r"), Now));

    [Theory]
    [InlineData(RolloutStatus.Running, "\nRUNNING since", "ETA        2030-01-02 05:30 UTC (in 2 h 26 min)\n")]
    [InlineData(RolloutStatus.CompletedWithFailures, "\nCOMPLETED WITH FAILURES since", "so far\nstates")]
    public void When_it_is_done_is_said_while_it_moves(RolloutStatus status, string head, string figures)
    {
        var text = RolloutText.Of(UnderWay with { Status = status }, Now);

        Assert.Contains(head, text, StringComparison.Ordinal);
        Assert.Contains(figures, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_a_line_for_each()
    {
        AssertText(
            """
            ROLLOUT      STATUS                 DONE  DEVICES  RELEASE             NAME
            fuel-pump-2  holding for 30 min       8%   12,060  fuel-pump-fw@2.0.0  Fuel pump 2.0
            r            draft for 21916 d 3 h                 pump@2              Pump

            """,
            RolloutText.Of([UnderWay, FakeRollout.Stands("r")], Now));
        Assert.Equal("There are no rollouts.\n", RolloutText.Of([], Now));
    }

    [Fact]
    public void Nothing_from_elsewhere_can_steer_a_terminal()
    {
        var view = FakeRollout.Stands("r") with { Because = "\u001b[2Jgone\r\nDONE", Author = "a\u0007" };

        Assert.DoesNotContain(RolloutText.Of(view, Now), c => char.IsControl(c) && c != '\n');
        Assert.Contains("because ?[2Jgone??DONE\n", RolloutText.Of(view, Now), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, 0, "                        ")]
    [InlineData(99_999, 1, 0, 0, 0, "#######################x")]
    [InlineData(1, 1, 1, 1, 99_999, "#x/-....................")]
    [InlineData(1, 0, 0, 0, 1, "############............")]
    [InlineData(7, 0, 0, 0, 0, "########################")]
    public void A_bar_shows_a_single_failure_among_many(int verified, int failed, int leftOut, int underWay, int waiting, string bar) =>
        Assert.Equal(bar, new MemberTally(verified, failed, leftOut, underWay, waiting).Bar());

    [Fact]
    public void A_hundred_percent_are_all() => Assert.Equal(99, new MemberTally(99_999, 0, 0, 0, 1).DonePercent);

    private static RolloutView UnderWay { get; } = new()
    {
        Id = "fuel-pump-2",
        Spec = new() { Name = "Fuel pump 2.0", Release = "fuel-pump-fw@2.0.0", Target = new() { Condition = "" }, MaxInFlight = 100 },
        Status = RolloutStatus.Holding,
        Because = "5.2 % of the attempted devices failed, above 5 %",
        Author = "ada",
        CreatedAt = Now.AddDays(-1),
        Since = Now.AddMinutes(-30),
        ETag = "e",
        Total = 12_060,
        Counts = Counts((UpdateStatus.Planned, 10_000), (UpdateStatus.Downloading, 997), (UpdateStatus.Succeeded, 1003), (UpdateStatus.Excluded, 5), (UpdateStatus.Failed, 55)),
        InFlight = 100,
        Attempted = 1055,
        RatePerMinute = 12.5,
        AdmittedPerMinute = 120,
        Eta = new DateTimeOffset(2030, 1, 2, 5, 30, 0, TimeSpan.Zero),
        Groups =
        [
            new() { Name = "canary", Status = GroupStatus.Passed, Total = 3, Counts = Counts((UpdateStatus.Succeeded, 3)) },
            new()
            {
                Name = "early",
                Status = GroupStatus.Held,
                Total = 2057,
                Counts = Counts((UpdateStatus.Succeeded, 1000), (UpdateStatus.Failed, 55), (UpdateStatus.Excluded, 5), (UpdateStatus.Downloading, 997)),
            },
            new() { Name = "rest", Status = GroupStatus.Pending, Total = 10_000 },
        ],
        Halts =
        [
            new() { Rule = new() { Kind = HaltKind.FailedPercent, Limit = 5 }, Value = 5.2, HasFired = true },
            new() { Rule = new() { Kind = HaltKind.Critical, Limit = 0, Action = HaltAction.RollBack }, Value = 0 },
            new() { Rule = new() { Kind = HaltKind.Consecutive, Limit = 5, Action = HaltAction.Abort }, Value = 2 },
            new() { Rule = new() { Kind = HaltKind.UnreachablePercent, Limit = 10 }, Value = 0, MissingSample = 40 },
        ],
        Approvals =
        [
            new()
            {
                Step = new() { Role = "safety" },
                Status = "Approved",
                Decisions = [new() { Principal = "sam", IsApproved = true, At = Now.AddDays(-1), PlanHash = "h" }],
            },
            new() { Step = new() { Role = "ops", Required = 2 }, Status = "Pending", ExpiresAt = Now.AddDays(7) },
        ],
    };

    private static ImmutableDictionary<UpdateStatus, int> Counts(params (UpdateStatus Status, int Members)[] counts) =>
        counts.ToImmutableDictionary(count => count.Status, count => count.Members);

    private static void AssertText(string wanted, string text) =>
        Assert.Equal(wanted.ReplaceLineEndings("\n"), text);
}
