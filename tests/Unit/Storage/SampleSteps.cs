using Muster.Devices;
using Muster.Updates;
using Orleans.Storage;

namespace Muster.Storage;

internal static class SampleSteps
{
    public static readonly DateTimeOffset Start = new(2031, 5, 17, 10, 20, 30, 123, TimeSpan.Zero);

    /// <summary>No field has the value that it has by default.</summary>
    public static UpdateStep Full { get; } = new()
    {
        Sequence = 7,
        Rollout = "r",
        Group = 2,
        Attempt = 3,
        From = UpdateStatus.Downloading,
        To = UpdateStatus.Failed,
        At = Start.AddTicks(1),
        Trigger = "DeadlinePassed",
        Actor = "engine",
        Evidence = "no byte for 30 min — ✓",
        Epoch = 4,
        Release = "rel",
        IsGranted = true,
        IsReady = true,
        Reason = "DownloadTimeout",
    };

    public static UpdateStep To(UpdateStatus to, long sequence = 1, string rollout = "r", UpdateStatus from = UpdateStatus.Eligible) => new()
    {
        Sequence = sequence,
        Rollout = rollout,
        Group = 0,
        Attempt = 1,
        Epoch = 1,
        From = from,
        To = to,
        At = Start.AddSeconds(sequence),
        Trigger = "Assigned",
        Actor = "rollout",
    };

    /// <summary>Writes the device once more, with steps.</summary>
    public static Task TakeAsync(this StoreUnderTest store, string key, GrainState<DeviceState> state, params UpdateStep[] steps)
    {
        var at = steps.Length == 0 ? Start : steps[^1].At;
        state.State = state.State! with { Update = "{}"u8.ToArray(), NextDeadline = at.AddMinutes(1), Steps = new UpdateSteps { Items = steps } };
        return store.WriteAsync(key, state);
    }

    public static async Task<RolloutTerm> TermAsync(this StoreUnderTest store, string rollout) =>
        new(rollout, await store.Targets.ClaimAsync(rollout, CancellationToken.None));

    public static Task AddAsync(this IRolloutTargets targets, RolloutTerm term, params string[] deviceIds) =>
        targets.AddAsync(term, [.. deviceIds.Select((id, i) => new NewTarget(id, 0, i, "", null))], CancellationToken.None);

    public static async Task<TargetRow> MemberAsync(this IRolloutTargets targets, string rollout, string deviceId) =>
        (await targets.ListAsync(rollout, new TargetPage(null, null, 1000), CancellationToken.None)).Single(row => row.DeviceId == deviceId);
}
