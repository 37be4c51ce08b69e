using Xunit;

namespace Muster.Rollouts;

/// <summary>The laws of the group's verdict, over every group of a few members.</summary>
public sealed class GroupDecisionLaws
{
    private const int Most = 6;

    private static readonly GroupSpec[] Specs =
    [
        .. from percent in new[] { 1.0, 50, 66, 95, 100 }
           from min in new[] { 0, 1, 2, 4 }
           select new GroupSpec { Name = "g", SuccessPercent = percent, MinSucceeded = min },
    ];

    [Fact]
    public void A_verdict_stands_whatever_becomes_of_the_rest() => EveryGroup((spec, members) =>
    {
        var verdict = Judge(spec, members);
        if (verdict != GroupVerdict.Wait)
        {
            foreach (var end in Ends(members))
            {
                Assert.True(Judge(spec, end) == verdict || IsNoneAttempted(end), $"{spec} {members} {end}");
            }
        }
    });

    [Fact]
    public void A_group_whose_members_are_all_final_does_not_wait() =>
        EveryGroup((spec, members) => Assert.True(members.Open > 0 || Judge(spec, members) != GroupVerdict.Wait));

    [Fact]
    public void Nothing_attempted_passes_only_where_there_was_nothing_to_do() => EveryGroup((spec, members) =>
    {
        if (members is { Succeeded: 0, Failed: 0, UnderWay: 0 })
        {
            Assert.Equal(members.Open == 0 && members.Unreached == 0 && members.Stopped == 0, Judge(spec, members) == GroupVerdict.Pass);
        }
    });

    [Fact]
    public void A_group_passes_over_attempted_devices_with_enough_of_them_verified() => EveryGroup((spec, members) =>
    {
        if (Judge(spec, members) == GroupVerdict.Pass && members.Succeeded + members.Failed > 0)
        {
            Assert.True(members.Succeeded >= spec.MinSucceeded);
            Assert.True(members.Succeeded * 100.0 >= spec.SuccessPercent * (members.Succeeded + members.Failed));
        }
    });

    [Fact]
    public void One_more_failure_never_makes_a_group_pass() => EveryGroup((spec, members) =>
    {
        if (members.UnderWay > 0 && Judge(spec, members with { UnderWay = members.UnderWay - 1, Failed = members.Failed + 1 }) == GroupVerdict.Pass)
        {
            Assert.NotEqual(GroupVerdict.Fail, Judge(spec, members with { UnderWay = members.UnderWay - 1, Succeeded = members.Succeeded + 1 }));
        }
    });

    [Fact]
    public void Members_that_wait_keep_a_group_from_passing() => EveryGroup((spec, members) =>
        Assert.True(members.Planned == 0 || Judge(spec, members) != GroupVerdict.Pass));

    [Fact]
    public void A_rollback_goes_on_when_all_are_final_and_not_before() => EveryGroup((spec, members) =>
        Assert.Equal(members.Open == 0 ? GroupVerdict.Pass : GroupVerdict.Wait, GroupDecision.Judge(spec, members.Tally, takesAll: true)));

    private static GroupVerdict Judge(GroupSpec spec, Members members) => GroupDecision.Judge(spec, members.Tally, takesAll: false);

    // Too few verified is known only when nobody can be verified any more.
    private static bool IsNoneAttempted(Members end) => end is { Succeeded: 0, Failed: 0 };

    private static IEnumerable<Members> Ends(Members members)
    {
        foreach (var (succeeded, failed, unreached) in Splits(members.Open))
        {
            yield return members with
            {
                Planned = 0,
                Offered = 0,
                UnderWay = 0,
                Succeeded = members.Succeeded + succeeded,
                Failed = members.Failed + failed,
                Unreached = members.Unreached + unreached,
                Stopped = members.Stopped + members.Open - succeeded - failed - unreached,
            };
        }
    }

    private static IEnumerable<(int, int, int)> Splits(int of) =>
        from a in Enumerable.Range(0, of + 1) from b in Enumerable.Range(0, of + 1 - a) from c in Enumerable.Range(0, of + 1 - a - b) select (a, b, c);

    private static void EveryGroup(Action<GroupSpec, Members> law)
    {
        foreach (var spec in Specs)
        {
            foreach (var members in All())
            {
                law(spec, members);
            }
        }
    }

    private static IEnumerable<Members> All() =>
        from succeeded in Enumerable.Range(0, Most)
        from failed in Enumerable.Range(0, Most - succeeded)
        from unreached in Enumerable.Range(0, Most - succeeded - failed)
        from benign in Enumerable.Range(0, Most - succeeded - failed - unreached)
        from stopped in Enumerable.Range(0, Math.Min(2, Most - succeeded - failed - unreached - benign))
        from planned in Enumerable.Range(0, Most - succeeded - failed - unreached - benign - stopped)
        from offered in Enumerable.Range(0, Most - succeeded - failed - unreached - benign - stopped - planned)
        from underWay in Enumerable.Range(0, Most - succeeded - failed - unreached - benign - stopped - planned - offered)
        select new Members(succeeded, failed, unreached, benign, stopped, planned, offered, underWay);

    private sealed record Members(int Succeeded, int Failed, int Unreached, int Benign, int Stopped, int Planned, int Offered, int UnderWay)
    {
        internal int Open => Planned + Offered + UnderWay;

        internal Tally Tally => new()
        {
            Total = Succeeded + Failed + Unreached + Benign + Stopped + Open,
            Planned = Planned,
            Final = Succeeded + Failed + Unreached + Benign + Stopped,
            Attempted = Succeeded + Failed + UnderWay,
            Succeeded = Succeeded,
            Failed = Failed,
            Unreached = Unreached,
            Benign = Benign + Stopped,
            NothingToDo = Benign,
        };
    }
}
