using Muster.Devices;
using Muster.Updates;

namespace Muster.Storage;

/// <summary>What the steps of one write do to a member of a rollout: its row goes to where the last of them says.</summary>
/// <param name="Last">The rollout's last step.</param>
/// <param name="IsAttempted">True if any of the rollout's steps is of an update that the device has fetched.</param>
internal readonly record struct UpdateMove(UpdateStep Last, bool IsAttempted);

internal static class UpdateMoves
{
    /// <summary>About how many bytes a step takes, for the bounds of batches.</summary>
    public const int StepBytes = 512;

    /// <summary>The reason of members whose device was deleted.</summary>
    public const string DeviceDeleted = "DeviceDeleted";

    /// <summary>Takes the steps that ride with a state, so that no copy of the state brings them a second time; none for null.</summary>
    public static IReadOnlyList<UpdateStep> Take(DeviceState? state)
    {
        if (state?.Steps.Items is not { Count: > 0 } steps)
        {
            return [];
        }

        state.Steps = default;
        return steps;
    }

    /// <summary>One move for each rollout among the steps; nearly always there is one.</summary>
    public static IEnumerable<UpdateMove> Of(IReadOnlyList<UpdateStep> steps)
    {
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            var rollout = steps[i].Rollout;
            if (!HasLater(steps, i))
            {
                yield return new UpdateMove(steps[i], steps.Any(step => step.Rollout == rollout && (step.From.IsUnderWay() || step.To.IsUnderWay())));
            }
        }
    }

    private static bool HasLater(IReadOnlyList<UpdateStep> steps, int index)
    {
        for (var later = index + 1; later < steps.Count; later++)
        {
            if (steps[later].Rollout == steps[index].Rollout)
            {
                return true;
            }
        }

        return false;
    }
}
