using Muster.Gates;
using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutRulesTests
{
    private static readonly RolloutSpec Good = new()
    {
        Name = "Pump firmware 2.0",
        Release = "pump-fw@2.0.0",
        Target = new RolloutTarget { Condition = "tags.site = 'harbour'" },
        Groups = [new GroupSpec { Name = "canary", Percent = 1, Soak = TimeSpan.FromMinutes(30) }, new GroupSpec { Name = "rest" }],
        Rate = new RolloutRate { PerMinute = 10, Factor = 2, MaxPerMinute = 500 },
        MaxInFlight = 50,
        Budget = new DisruptionBudget { Tag = "place.plant", MaxUnavailable = 1 },
        Halts = [new HaltRule { Kind = HaltKind.FailedPercent, Limit = 5 }],
        Windows = [new MaintenanceWindow { Rule = "FREQ=DAILY;BYHOUR=2", Duration = TimeSpan.FromHours(2), TimeZone = "Europe/Berlin", TimeZoneTag = "timeZone" }],
        Approvals = [new ApprovalStep { Role = "firmware-lead" }],
    };

    public static TheoryData<RolloutSpec, string> Bad => new()
    {
        { Good with { Name = "" }, "The name has 1 to 128 characters." },
        { Good with { Release = " " }, "A release is named by its id, 1 to 128 characters." },
        { Target(new RolloutTarget { Condition = "tags.site = " }), "The target's condition cannot be read: " },
        { Target(new RolloutTarget { Condition = "tags.a = 1 GROUP BY tags.b" }), "The target's condition cannot be read: " },
        { Target(new RolloutTarget { Condition = "", Max = 0 }), "A target has at most 1 to 1000000 devices, not 0." },
        { Target(new RolloutTarget { Condition = "", ExcludeTag = "a..b" }), "'a..b' is not the path of a tag." },
        { Groups(new GroupSpec { Name = "a", Percent = 60 }, new GroupSpec { Name = "b", Percent = 60 }), "The percentages of the groups add up to 120, which is more than 100." },
        { Groups(new GroupSpec { Name = "a", Percent = 60 }, new GroupSpec { Name = "b", Percent = 30 }), "The percentages of the groups add up to 90, not 100, and no last group takes the rest." },
        { Groups(new GroupSpec { Name = "a", Percent = 0 }, new GroupSpec { Name = "b" }), "Group 'a' cannot have 0 % of the devices." },
        { Groups(new GroupSpec { Name = "a", Percent = double.NaN }, new GroupSpec { Name = "b" }), "Group 'a' cannot have NaN % of the devices." },
        { Groups(new GroupSpec { Name = "a", Count = 3 }), "The last group, 'a', must take the rest: it has neither count nor condition." },
        { Groups(new GroupSpec { Name = "a" }, new GroupSpec { Name = "b" }), "Group 'a' has neither percent, count nor condition; only the last group may." },
        { Groups(new GroupSpec { Name = "a", Count = 1 }, new GroupSpec { Name = "a" }), "Two groups are called 'a'." },
        { Groups(new GroupSpec { Name = "a", Count = 1, Percent = 1 }, new GroupSpec { Name = "b" }), "Group 'a' has more than one of percent, count and condition." },
        { Groups(new GroupSpec { Name = "a", Condition = "" }, new GroupSpec { Name = "b" }), "The condition of group 'a' is empty." },
        { Groups(new GroupSpec { Name = "a", Condition = "tags." }, new GroupSpec { Name = "b" }), "The condition of group 'a' cannot be read: " },
        { Groups(new GroupSpec { Name = "a", SuccessPercent = 101 }), "Group 'a' cannot succeed with 101 %." },
        { Good with { MaxInFlight = 0 }, "1 to 1000000 devices may be under update at once, not 0." },
        { Good with { Rate = new RolloutRate { PerMinute = 0 } }, "A rate is 1 to 1000000 devices per minute, not 0." },
        { Good with { Rate = new RolloutRate { PerMinute = 1, Factor = double.NaN } }, "A rate grows by 1 to 10, not by NaN." },
        { Good with { Rate = new RolloutRate { PerMinute = 9, MaxPerMinute = 8 } }, "The rate of 9 devices per minute is above its own bound of 8." },
        { Good with { Budget = new DisruptionBudget { Tag = "", MaxUnavailable = 1 } }, "'' is not the path of a tag." },
        { Good with { Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = 0 } }, "A site must let at least one device be updated." },
        { Good with { Halts = [new HaltRule { Kind = HaltKind.FailedPercent, Limit = 100 }] }, "A halt rule FailedPercent cannot fire at 100." },
        { Good with { Halts = [new HaltRule { Kind = (HaltKind)9, Limit = 1 }] }, "A halt rule has an unknown kind or action." },
        { Good with { StartsAt = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero), EndsAt = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) }, "The rollout ends before it starts." },
        { Good with { Priority = 1001 }, "A priority is 0 to 1000, not 1001." },
        { Good with { Windows = [Good.Windows[0] with { TimeZone = "Atlantis/Port" }] }, "A maintenance window cannot be: there is no time zone 'Atlantis/Port'; name one as IANA does, such as Europe/Vienna." },
        { Good with { Windows = [Good.Windows[0] with { Duration = TimeSpan.Zero }] }, "A maintenance window cannot be: it stays open for 1 minute to 7 days." },
        { Good with { Windows = [Good.Windows[0] with { Duration = TimeSpan.FromHours(1) }] }, "A device needs 01:30:00 to install, reboot and verify by the plan's timeouts, and the longest window has 01:00:00: lengthen the window, or say the installTime that is needed." },
        { Good with { InstallTime = TimeSpan.FromHours(3) }, "A device needs 03:00:00 to install, reboot and verify by the plan's installTime, and the longest window has 02:00:00: lengthen the window, or say the installTime that is needed." },
        { Good with { InstallTime = TimeSpan.FromDays(8) }, "The installTime is 0 to 7 days." },
        { Good with { Timeouts = new UpdateTimeouts { Install = TimeSpan.Zero } }, "A timeout is 1 second to 365 days." },
        { Good with { Retry = new RetryRule { Max = 11 } }, "A failure is tried again 0 to 10 times, not 11." },
        { Good with { Approvals = [new ApprovalStep { Role = "", Required = 1 }] }, "The role of an approval step has 1 to 64 characters." },
    };

    [Fact]
    public void A_plan_that_can_be_carried_out_has_no_error() => Assert.Empty(RolloutRules.Check(Good));

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void What_is_wrong_is_said(RolloutSpec spec, string sentence) =>
        Assert.Contains(RolloutRules.Check(spec), error => error.Sentence.StartsWith(sentence, StringComparison.Ordinal));

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once() =>
        Assert.Equal(3, RolloutRules.Check(Good with { Name = "", MaxInFlight = 0, Priority = -1 }).Length);

    public static TheoryData<RolloutSpec, string> Paths => new()
    {
        { Groups(new GroupSpec { Name = "a", Percent = 60 }, new GroupSpec { Name = "b", Percent = 60 }), "groups" },
        { Groups(new GroupSpec { Name = "a", Percent = 60 }, new GroupSpec { Name = "b", Percent = 30 }), "groups[1].percent" },
        { Groups(new GroupSpec { Name = "a" }, new GroupSpec { Name = "b" }), "groups[0]" },
        { Groups(new GroupSpec { Name = "a", Condition = "tags." }, new GroupSpec { Name = "b" }), "groups[0].condition" },
        { Target(new RolloutTarget { Condition = "tags.site = " }), "target.condition" },
        { Good with { Rate = new RolloutRate { PerMinute = 9, MaxPerMinute = 8 } }, "rate.maxPerMinute" },
        { Good with { Halts = [Good.Halts[0], new HaltRule { Kind = HaltKind.FailedPercent, Limit = 100 }] }, "halts[1].limit" },
        { Good with { StartsAt = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero), EndsAt = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) }, "endsAt" },
        { Good with { Windows = [Good.Windows[0], Good.Windows[0] with { TimeZone = "Atlantis/Port" }] }, "windows[1]" },
        { Good with { Windows = [Good.Windows[0], Good.Windows[0] with { Rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }] }, "windows[1]" },
        { Good with { Gates = [Gate("a"), Gate("b") with { Role = null }] }, "gates[1]" },
        { Good with { Gates = [Gate("a"), Gate("a")] }, "gates" },
    };

    [Theory]
    [MemberData(nameof(Paths), DisableDiscoveryEnumeration = true)]
    public void What_is_wrong_between_fields_is_said_at_its_path_too(RolloutSpec spec, string path) => Assert.Equal([path], RolloutRules.Check(spec).Select(static error => error.Path));

    [Fact]
    public void A_plan_is_refused_with_every_error_by_its_path()
    {
        var why = PlanErrors.Refusal([new("groups[0]", "One."), new("name", "Two."), new("groups[0]", "Three.")]);
        Assert.Equal((Errors.HubErrorCode.ArgumentInvalid, "One. Two. Three."), (why.Code, why.Message));
        Assert.Equal(
            [("groups[0]", "One. Three."), ("name", "Two.")], why.Errors!.OrderBy(static error => error.Key, StringComparer.Ordinal).Select(static error => (error.Key, error.Value)));
    }

    [Fact]
    public void A_window_may_be_short_where_the_plan_says_how_long_an_install_takes()
    {
        var brief = Good with { Windows = [Good.Windows[0] with { Duration = TimeSpan.FromMinutes(20) }] };
        Assert.Empty(RolloutRules.Check(brief with { InstallTime = TimeSpan.FromMinutes(20) }));
        Assert.Empty(RolloutRules.Check(brief with { InstallTime = TimeSpan.Zero }));
        Assert.Empty(RolloutRules.Check(Good with { Windows = [], Timeouts = new UpdateTimeouts { Install = TimeSpan.FromDays(9) } }));
    }

    [Fact]
    public void A_rollback_of_a_plan_is_a_plan()
    {
        var back = RollbackPlan.Of(Good);
        Assert.Empty(RolloutRules.Check(back with { Groups = [new GroupSpec { Name = "rest" }] }));
        Assert.Equal(["rest", "canary"], back.Groups.Select(static group => group.Name));
        Assert.Equal((Good.MaxInFlight, Good.Budget, Good.Rate), (back.MaxInFlight, back.Budget, back.Rate));
    }

    [Fact]
    public void The_hash_of_a_plan_knows_every_part_of_it_and_of_the_release()
    {
        var release = new PlannedRelease { Id = "r", Name = "n", Version = "2", Artifacts = [new PlannedArtifact { FileName = "f", Size = 1, Sha256 = "a", Sha1 = "b", Md5 = "c" }] };
        var hash = PlanHash.Of(Good, release);
        Assert.Equal(hash, PlanHash.Of(Good with { Groups = [.. Good.Groups] }, release));
        Assert.Matches("^[0-9a-f]{64}$", hash);

        string[] others =
        [
            PlanHash.Of(Good with { Name = "other" }, release), PlanHash.Of(Good with { MaxInFlight = null }, release), PlanHash.Of(Good with { Halts = [] }, release),
            PlanHash.Of(Good with { Groups = [Good.Groups[0] with { Soak = TimeSpan.Zero }, Good.Groups[1]] }, release),
            PlanHash.Of(Good, release with { Artifacts = [release.Artifacts[0] with { Sha256 = "z" }] }),
        ];
        Assert.DoesNotContain(hash, others);
        Assert.Equal(others.Length, others.Distinct().Count());
    }

    private static GateSpec Gate(string name) => new() { Name = name, Kind = GateKind.Manual, Phase = GatePhase.BeforeOffer, Role = "lead" };

    private static RolloutSpec Target(RolloutTarget target) => Good with { Target = target };

    private static RolloutSpec Groups(params GroupSpec[] groups) => Good with { Groups = [.. groups] };
}
