using Muster.Storage.Sqlite;

namespace Muster.Benchmarks.Rollouts;

/// <summary>What the durable history says of a rollout's limits.</summary>
internal static class RolloutAudit
{
    /// <summary>The most devices, and the most of one site, that held room at any instant: in the order in which their steps were committed.</summary>
    internal static (int All, int OfSite) MostInFlight(string folder, string rollout)
    {
        using var database = SqliteFile.OpenForReading(Path.Combine(folder, SqliteFile.Name));
        using var steps = database.Prepare(
            """
            SELECT h.device_id, t.site, h.granted FROM update_history h JOIN rollout_target t ON t.rollout = h.rollout AND t.device_id = h.device_id
            WHERE h.rollout = ?1 ORDER BY h.position
            """);
        steps.BindText(1, rollout);
        var (holding, sites, most, mostOfSite) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal), 0, 0);
        while (steps.Step())
        {
            var (device, site, isGranted) = (steps.TextOrNull(0)!, steps.TextOrNull(1) ?? "", steps.Int64(2) != 0);
            if (isGranted ? holding.Add(device) : holding.Remove(device))
            {
                sites[site] = sites.GetValueOrDefault(site) + (isGranted ? 1 : -1);
                (most, mostOfSite) = (Math.Max(most, holding.Count), Math.Max(mostOfSite, sites[site]));
            }
        }

        return (most, mostOfSite);
    }
}
