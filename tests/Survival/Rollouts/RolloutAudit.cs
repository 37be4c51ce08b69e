using System.Globalization;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>What the durable history says of a round: limits, and that every step follows on the one before.</summary>
internal sealed class RolloutAudit
{
    private const int Page = 5000;
    private const int StoryLength = 8;
    private const int EvidenceLength = 100;
    private readonly Dictionary<string, List<UpdateStep>> steps = new(StringComparer.Ordinal);

    internal int MostInFlight { get; private set; }

    internal int MostOfSite { get; private set; }

    /// <summary>Reads every step of the rollout, in the order in which they were committed.</summary>
    internal async Task ReadAsync(IGrainFactory grains, string rollout, FirmwareFleet fleet, Faults faults)
    {
        var sites = fleet.Devices.Keys.Select(static (id, i) => (id, i)).ToDictionary(static one => one.id, static one => one.i % 50, StringComparer.Ordinal);
        var (holding, bySite) = (new HashSet<string>(StringComparer.Ordinal), new int[50]);
        for (var after = 0L; ;)
        {
            var page = await grains.GetGrain<IUpdateHistoryGrain>(0).ReadRolloutAsync(rollout, after, Page);
            foreach (var written in page)
            {
                var step = written.Step;
                if (!steps.TryGetValue(written.DeviceId, out var story))
                {
                    steps[written.DeviceId] = story = [];
                }

                if (story.LastOrDefault() is { } before && (step.Sequence != before.Sequence + 1 || step.From != before.To))
                {
                    faults.Add($"{written.DeviceId}: step {step.Sequence} from {step.From} follows step {before.Sequence} to {before.To}");
                }

                story.Add(step);
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

    /// <summary>A device's last steps, in one line.</summary>
    internal string StoryOf(string device) =>
        steps.TryGetValue(device, out var story) ? string.Join(", ", story.TakeLast(StoryLength).Select(Text)) : "nothing is written of it";

    private static string Text(UpdateStep step) =>
        string.Create(CultureInfo.InvariantCulture, $"{step.At:HH:mm:ss.fff} {step.To} of attempt {step.Attempt} by {step.Trigger} {Quote(step.Evidence)}").TrimEnd();

    private static string Quote(string? evidence) =>
        evidence is null ? "" : $"\"{evidence[..Math.Min(evidence.Length, EvidenceLength)].ReplaceLineEndings(" ")}\"";

    internal void CheckLimits(int cap, int siteCap, Faults faults)
    {
        if (MostInFlight > cap || MostOfSite > siteCap)
        {
            faults.Add($"{MostInFlight} devices were in flight at once, {MostOfSite} of one site; {cap} and {siteCap} are allowed");
        }
    }
}
