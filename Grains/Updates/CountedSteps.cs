using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>What of a device's written steps a rollout counts at once: the rest it finds in the store. Pure.</summary>
internal static class CountedSteps
{
    /// <summary>One item for each run of steps of the same rollout in which something counts.</summary>
    internal static IEnumerable<(string Rollout, ProgressItem Item)> Of(string deviceId, IReadOnlyList<UpdateStep> steps)
    {
        var from = 0;
        for (var end = 1; end <= steps.Count; end++)
        {
            if (end < steps.Count && steps[end].Rollout == steps[from].Rollout)
            {
                continue;
            }

            if (IsCounted(steps, from, end))
            {
                yield return (steps[from].Rollout, Item(deviceId, steps[from].From, steps[end - 1]));
            }

            from = end;
        }
    }

    private static ProgressItem Item(string deviceId, UpdateStatus from, UpdateStep last) => new()
    {
        DeviceId = deviceId,
        Group = last.Group,
        From = from,
        To = last.To,
        IsGranted = last.IsGranted,
        IsReady = last.IsReady,
        Epoch = last.Epoch,
        Reason = last.Reason,
    };

    private static bool IsCounted(IReadOnlyList<UpdateStep> steps, int from, int end)
    {
        for (var i = from; i < end; i++)
        {
            var step = steps[i];
            if (step.To.IsFinal() || step.IsReady || step.To is UpdateStatus.Accepted or UpdateStatus.Gated or UpdateStatus.Eligible || step.From.IsFinal())
            {
                return true;
            }
        }

        return false;
    }
}
