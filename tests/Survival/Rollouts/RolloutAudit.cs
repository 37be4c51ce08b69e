using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>What the durable history says of a round: limits, and that every step follows on the one before.</summary>
internal sealed class RolloutAudit
{
    private const int Page = 5000;

    internal int MostInFlight { get; private set; }

    internal int MostOfSite { get; private set; }

    /// <summary>Reads every step of the rollout, in the order in which they were committed.</summary>
    internal async Task ReadAsync(IGrainFactory grains, string rollout, FirmwareFleet fleet, Faults faults)
    {
        var sites = fleet.Devices.Keys.Select(static (id, i) => (id, i)).ToDictionary(static one => one.id, static one => one.i % 50, StringComparer.Ordinal);
        var (holding, bySite, last) = (new HashSet<string>(StringComparer.Ordinal), new int[50], new Dictionary<string, (long Sequence, UpdateStatus To)>(StringComparer.Ordinal));
        for (var after = 0L; ;)
        {
            var page = await grains.GetGrain<IUpdateHistoryGrain>(0).ReadRolloutAsync(rollout, after, Page);
            foreach (var written in page)
            {
                var step = written.Step;
                if (last.TryGetValue(written.DeviceId, out var before) && (step.Sequence != before.Sequence + 1 || step.From != before.To))
                {
                    faults.Add($"{written.DeviceId}: step {step.Sequence} from {step.From} follows step {before.Sequence} to {before.To}");
                }

                last[written.DeviceId] = (step.Sequence, step.To);
                if (step.IsGranted ? holding.Add(written.DeviceId) : holding.Remove(written.DeviceId))
                {
                    var site = sites[written.DeviceId];
                    bySite[site] += step.IsGranted ? 1 : -1;
                    (MostInFlight, MostOfSite) = (Math.Max(MostInFlight, holding.Count), Math.Max(MostOfSite, bySite[site]));
                }
            }

            if (page.Length < Page)
            {
                return;
            }

            after = page[^1].Position;
        }
    }

    internal void CheckLimits(int cap, int siteCap, Faults faults)
    {
        if (MostInFlight > cap || MostOfSite > siteCap)
        {
            faults.Add($"{MostInFlight} devices were in flight at once, {MostOfSite} of one site; {cap} and {siteCap} are allowed");
        }
    }
}
