using Muster.Updates;

namespace Muster.Devices;

/// <summary>What decisions on the device's update need from elsewhere (the rollout's plan, releases, what the twin channel says), read before so that they can be made in one go.</summary>
internal sealed partial class DeviceGrain
{
    private static readonly Dictionary<string, PlannedRelease> NoReleases = [];

    /// <summary>Well below the time that links to artifacts last.</summary>
    private static readonly TimeSpan TwinContentKeeps = TimeSpan.FromHours(12);
    private (byte[]? Json, DeviceUpdate? Record) readUpdate;
    private Dictionary<string, PlannedRelease>? knownReleases;
    private TwinContent? twinContent;
    private (string Release, DateTimeOffset At)? twinContentOf;

    private DeviceUpdate? UpdateOf(DeviceState? state)
    {
        if (state?.Update is not { } json)
        {
            return null;
        }

        if (!ReferenceEquals(json, readUpdate.Json))
        {
            readUpdate = (json, DeviceUpdate.Read(json));
        }

        return readUpdate.Record;
    }

    /// <summary>The plan that was read, unless a call that came between has brought the device to another rollout.</summary>
    private DevicePlan? PlanOf(DeviceUpdate update, DevicePlan? read) => read?.Rollout == update.Rollout ? read : services.Plans.Find(update.Rollout);

    private async ValueTask<DevicePlan?> PrepareUpdateAsync() =>
        UpdateOf(head) is { IsOver: false } update ? await PrepareAsync(update.Rollout) : null;

    /// <summary>Reads what decisions on the update need, so that they can be made in one go. Null if there is no plan.</summary>
    private async ValueTask<DevicePlan?> PrepareAsync(string rollout, string? release = null)
    {
        if (await services.Plans.GetAsync(rollout) is not { } plan || head is not { } state)
        {
            return null;
        }

        var update = UpdateOf(state);
        var running = update?.Rollout == rollout ? null : $"{plan.Release.Name}@{new DeviceFacts(state).SoftwareVersion}";
        foreach (var id in new[] { release, update?.Release, update?.Before, update?.Good, running })
        {
            if (id is { Length: > 0 } && id != plan.Release.Id && knownReleases?.ContainsKey(id) != true && await services.Plans.ReleaseAsync(id) is { } found)
            {
                (knownReleases ??= new(StringComparer.Ordinal))[id] = found;
            }
        }

        await PrepareTwinAsync(plan, release);
        return plan;
    }

    private async ValueTask PrepareTwinAsync(DevicePlan plan, string? release)
    {
        if (services.Contents is not { } contents || head is not { } state)
        {
            return;
        }

        // The record knows how its agent talks; what the device says of itself counts where there is none yet.
        var current = UpdateOf(state) is { IsFinal: false } update && update.Rollout == plan.Rollout ? update : null;
        if ((current?.Agent ?? new DeviceFacts(state).Agent ?? UpdateAgent.Twin) != UpdateAgent.Twin)
        {
            return;
        }

        var wanted = release is { Length: > 0 } ? release : current?.Wanted ?? plan.Release.Id;
        var isFresh = twinContentOf is { } of && of.Release == wanted && Now() - of.At < TwinContentKeeps;
        if (!isFresh && ContextOf(plan, state).Find(wanted) is { } found)
        {
            // Null where it may not be offered any more: then the links of before are none either.
            twinContent = await contents.GetAsync(found, GrainKey);
            twinContentOf = twinContent is null ? null : (wanted, Now());
        }
    }

    private UpdateContext ContextOf(DevicePlan plan, DeviceState state) =>
        new(plan, new DeviceFacts(state), Now()) { GraceUntil = services.GraceUntil, Known = knownReleases ?? NoReleases, DeviceId = GrainKey };
}
