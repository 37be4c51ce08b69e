using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What a plan would do to the devices that were found. Pure.</summary>
internal sealed class FoundPlan
{
    private const string Excluded = nameof(Excluded);
    private const int MaxSites = 1000;
    private readonly RolloutPlan whole;
    private readonly ImmutableArray<PlannedDevice> devices;

    private FoundPlan(RolloutPlan whole, ImmutableArray<PlannedDevice> devices) => (this.whole, this.devices) = (whole, devices);

    internal IReadOnlyList<string> Ids => [.. devices.Select(static device => device.DeviceId)];

    internal static FoundPlan Of(RolloutSpec spec, PlannedRelease release, IReadOnlyList<TargetCandidate> candidates)
    {
        var groups = GroupSplit.Of(spec);
        var conditional = GroupSplit.Conditional(groups);
        var split = GroupSplit.Assign(
            groups, [.. candidates.Select(static found => found.DeviceId)], [.. candidates.Select(found => found.Group < 0 ? -1 : conditional[found.Group])]);
        var devices = candidates.Select((found, i) => new PlannedDevice(found.DeviceId, split[i], WhyNot(release, found))).ToImmutableArray();
        var updated = candidates.Where((_, i) => devices[i].Exclusion is null).ToList();
        var plan = new RolloutPlan
        {
            Hash = "",
            Total = devices.Length,
            Groups = [.. groups.Select((group, i) => new PlannedGroup(group.Name, split.Count(at => at == i)))],
            Exclusions = devices.Where(static device => device.Exclusion is not null).CountBy(static device => device.Exclusion!).ToImmutableDictionary(),
            Bytes = updated.Count * release.Bytes,
            Sites = SitesOf(spec, updated),
            Models = candidates.CountBy(static found => found.Model ?? "").OrderByDescending(static of => of.Value).Take(MaxSites).ToImmutableDictionary(),
            Estimate = Estimate(spec, groups, [.. groups.Select((_, i) => Enumerable.Range(0, split.Length).Count(at => split[at] == i && devices[at].Exclusion is null))]),
        };
        return new FoundPlan(plan, devices);
    }

    /// <summary>The plan with one page of its devices.</summary>
    /// <param name="size">From 0.</param>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    internal RolloutPlan Page(int size, string? after)
    {
        var page = devices.SkipWhile(device => after is not null && string.CompareOrdinal(device.DeviceId, after) <= 0).Take(size).ToImmutableArray();
        var isLast = page.IsEmpty || page[^1].DeviceId == devices[^1].DeviceId;
        return whole with { Devices = page, Continuation = isLast ? null : page[^1].DeviceId };
    }

    /// <summary>How long it takes at least; null if nothing bounds it.</summary>
    internal static TimeSpan? Estimate(RolloutSpec spec, ImmutableArray<GroupSpec> groups, ImmutableArray<int> members)
    {
        var (time, before) = (TimeSpan.Zero, 0);
        for (var i = 0; i < groups.Length; i++)
        {
            var waves = spec.MaxInFlight is { } most ? Math.Ceiling((double)members[i] / most) : Math.Min(1, members[i]);
            var byRate = RateTime(spec.Rate, before, members[i]);
            var byLimit = waves * spec.Health.Soak;
            time += (byRate > byLimit ? byRate : byLimit) + (i < groups.Length - 1 && members[i] > 0 ? groups[i].Soak : TimeSpan.Zero);
            before += members[i];
        }

        return time == TimeSpan.Zero ? null : time;
    }

    // Each step of the rate takes as long as its own pace needs.
    private static TimeSpan RateTime(RolloutRate rate, int before, int members)
    {
        var time = TimeSpan.Zero;
        for (var (done, end) = (before, before + members); done < end && AdmissionRate.PerMinute(rate, done) is { } perMinute;)
        {
            var next = rate.Factor > 1 ? Math.Min(end, ((done / rate.Every) + 1) * rate.Every) : end;
            time += TimeSpan.FromMinutes((next - done) / perMinute);
            done = next;
        }

        return time;
    }

    private static string? WhyNot(PlannedRelease release, TargetCandidate found) => found.IsExcluded ? Excluded
        : Compatibility.WhyNot(release, found.Model, found.HardwareRevision, found.SoftwareVersion);

    private static ImmutableArray<PlannedSite> SitesOf(RolloutSpec spec, List<TargetCandidate> updated) =>
    [
        .. updated.CountBy(static found => found.Site, StringComparer.Ordinal)
            .OrderByDescending(static site => site.Value).ThenBy(static site => site.Key, StringComparer.Ordinal).Take(MaxSites)
            .Select(site => new PlannedSite(
                site.Key, site.Value, Math.Min(site.Value, Math.Min(spec.MaxInFlight ?? int.MaxValue, spec.Budget?.MaxUnavailable ?? int.MaxValue)))),
    ];
}
