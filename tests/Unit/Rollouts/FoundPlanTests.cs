using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class FoundPlanTests
{
    private static readonly PlannedRelease Release = new()
    {
        Id = "r",
        Name = "pump-fw",
        Version = "2.0.0",
        Models = ["P7"],
        Artifacts = [new PlannedArtifact { FileName = "f", Size = 100, Sha256 = "a", Sha1 = "b", Md5 = "c" }],
    };

    private static readonly RolloutSpec Spec = new()
    {
        Name = "n",
        Release = "r",
        Target = new RolloutTarget { Condition = "" },
        Groups = [new GroupSpec { Name = "canary", Count = 2, Soak = TimeSpan.FromMinutes(10) }, new GroupSpec { Name = "rest" }],
        Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = 2 },
    };

    [Fact]
    public void A_plan_says_who_is_updated_and_why_others_are_not()
    {
        var plan = FoundPlan.Of(Spec, Release,
        [
            Found("a", "north"), Found("b", "north"), Found("c", "north"), Found("d", "south"), Found("e", "south", isExcluded: true),
            Found("f", "south", model: null), Found("g", "south", version: "2.0.0"), Found("h", "south", version: "3.0.0"),
        ]);
        var page = plan.Page(3, null);

        Assert.Equal((8, 400L), (page.Total, page.Bytes));
        Assert.Equal([new PlannedGroup("canary", 2), new PlannedGroup("rest", 6)], page.Groups);
        Assert.Equal([new PlannedSite("north", 3, 2), new PlannedSite("south", 1, 1)], page.Sites);
        Assert.Equal(
            new Dictionary<string, int> { ["AlreadyCurrent"] = 1, ["DowngradeNotAllowed"] = 1, ["Excluded"] = 1, ["ModelUnknown"] = 1 },
            page.Exclusions.OrderBy(static of => of.Key, StringComparer.Ordinal).ToDictionary());
        Assert.Equal(["a", "b", "c"], page.Devices.Select(static device => device.DeviceId));
        Assert.Equal(["d", "e", "f"], plan.Page(3, page.Continuation).Devices.Select(static device => device.DeviceId));
        Assert.Null(plan.Page(3, "f").Continuation);
    }

    [Theory]
    [InlineData(null, 1.0, 100, null)]
    [InlineData(10, 1.0, 100, 10.0)]
    [InlineData(10, 2.0, 300, 17.5)]
    public void The_estimate_knows_the_rate(int? perMinute, double factor, int members, double? minutes)
    {
        var spec = Spec with { Rate = new RolloutRate { PerMinute = perMinute, Factor = factor, Every = 100 } };
        Assert.Equal(minutes is { } time ? TimeSpan.FromMinutes(time) : null, FoundPlan.Estimate(spec, [new GroupSpec { Name = "all" }], [members]));
    }

    [Fact]
    public void The_estimate_knows_soak_times_and_the_cap()
    {
        var spec = Spec with { MaxInFlight = 10, Health = new HealthRule { Soak = TimeSpan.FromMinutes(30) } };
        Assert.Equal(TimeSpan.FromMinutes(30 + 10 + 90), FoundPlan.Estimate(spec, Spec.Groups, [2, 25]));
    }

    private static TargetCandidate Found(string id, string site, bool isExcluded = false, string? model = "P7", string version = "1.0.0") =>
        new(id, site, isExcluded, model, "1", version, -1);
}
