using System.Collections.Concurrent;
using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>Plans and releases that this silo's devices need, read once. Both never change once they are there. Thread-safe, bounded.</summary>
internal sealed class DevicePlans(IGrainFactory grains, TimeProvider clock, IReleaseSource? releases = null)
{
    private const int MaxPlans = 256;
    private const int MaxReleases = 1024;

    /// <summary>How long a release that was not there is taken for missing.</summary>
    private static readonly TimeSpan MissingFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, DevicePlan> plans = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry> known = new(StringComparer.Ordinal);

    /// <summary>Null if there is no plan.</summary>
    internal ValueTask<DevicePlan?> GetAsync(string rollout) =>
        plans.TryGetValue(rollout, out var plan) ? ValueTask.FromResult<DevicePlan?>(plan) : new ValueTask<DevicePlan?>(ReadAsync(rollout));

    /// <summary>Null if it was not read yet.</summary>
    internal DevicePlan? Find(string rollout) => plans.GetValueOrDefault(rollout);

    /// <summary>Null if there is no such release.</summary>
    internal ValueTask<PlannedRelease?> ReleaseAsync(string release) =>
        known.TryGetValue(release, out var entry) && entry.Until > clock.GetUtcNow()
            ? ValueTask.FromResult(entry.Release)
            : new ValueTask<PlannedRelease?>(ReadReleaseAsync(release));

    private async Task<DevicePlan?> ReadAsync(string rollout)
    {
        if (await grains.GetGrain<IDevicePlanGrain>(rollout).GetAsync() is not { } plan)
        {
            return null;
        }

        if (plans.Count >= MaxPlans)
        {
            plans.Clear();
        }

        return plans[rollout] = plan;
    }

    private async Task<PlannedRelease?> ReadReleaseAsync(string id)
    {
        var release = releases is null ? null : await releases.FindAsync(id);
        if (known.Count >= MaxReleases)
        {
            known.Clear();
        }

        known[id] = new Entry(release, clock.GetUtcNow() + MissingFor);
        return release;
    }

    private readonly record struct Entry(PlannedRelease? Release, DateTimeOffset Until);
}
