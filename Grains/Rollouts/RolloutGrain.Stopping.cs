using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Stopping devices for a while, and for good.</summary>
internal sealed partial class RolloutGrain
{
    private const int SweepPage = 1000;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(15);
    private Sweep? sweep;
    private DateTimeOffset sweepAt;
    private bool isPlannedEnded;

    private async Task<bool> AbortStepAsync()
    {
        if (await LookAsync() || await HoldDevicesAsync())
        {
            return true;
        }

        if (await StopAsync(new Stop(UpdateStatus.Canceled, "RolloutAborted", ShardOrder.Cancel, UpdateStatus.RollingBack)) && await AreGatesClosedAsync())
        {
            await UnpinAsync();
            await MoveAsync(RolloutSignal.Drained, new Because("rollout", state.Because));
        }

        return false;
    }

    /// <summary>Tells everything under way how far it may go, once after each change of it.</summary>
    /// <returns>True if there are more to be told at once.</returns>
    private async Task<bool> HoldDevicesAsync()
    {
        if (state.Told == state.Pause && sweep?.Order != ShardOrder.Hold)
        {
            return false;
        }

        if (sweep is null || sweep.Order != ShardOrder.Hold || sweep.Level != state.Pause)
        {
            sweep = new Sweep(ShardOrder.Hold, state.Pause);
        }

        var isMore = await SweepAsync(sweep, static row => row.Status is > UpdateStatus.Planned and < UpdateStatus.Succeeded);
        if (sweep.IsOver(telling.Count))
        {
            var (level, isTold) = (sweep.Level, !sweep.HasFailed);
            sweep = null;
            if (isTold)
            {
                await SaveAsync(state with { Told = level });
            }
        }

        return isMore;
    }

    /// <summary>Ends what no device has taken up, and has the devices stop; again and again until every member is final.</summary>
    /// <returns>True once they are.</returns>
    private async Task<bool> StopAsync(Stop stop)
    {
        if (!isPlannedEnded)
        {
            isDirty |= await Targets.EndAsync(await LeadAsync(), new TargetEnd(null, stop.To, stop.Reason), CancellationToken.None) > 0;
            (isPlannedEnded, sweepAt) = (true, Now);
        }

        // What is on its way to a device may still be taken up.
        if (sweep is null && telling.Count == 0 && Now >= sweepAt && (isDirty || tally.Final < tally.Total))
        {
            await EndUntoldAsync(stop);
            sweep = new Sweep(stop.Order, PauseLevel.None);
        }

        if (sweep is { } running)
        {
            if (await SweepAsync(running, row => row.Status > UpdateStatus.Planned && row.Status <= stop.UpTo && row.Status != UpdateStatus.Canceling))
            {
                Continue();
            }

            if (running.IsOver(telling.Count))
            {
                (sweep, sweepAt, isDirty) = (null, Now + SweepEvery, true);
            }
        }

        if (isDirty && sweep is null)
        {
            await CountAsync();
        }

        return tally.Final == tally.Total && countedAt is not null && telling.Count == 0 && sweep is null;
    }

    private async Task EndUntoldAsync(Stop stop)
    {
        ImmutableArray<WaitingTarget> page;
        string? after = null;
        do
        {
            page = await Targets.ReadUntoldAsync(Id, after, SweepPage, CancellationToken.None);
            if (!page.IsEmpty)
            {
                after = page[^1].DeviceId;
                await Targets.EndAsync(await LeadAsync(), new TargetEnd([.. page.Select(static target => target.DeviceId)], stop.To, stop.Reason), CancellationToken.None);
                isDirty = true;
            }
        }
        while (page.Length == SweepPage);
    }

    private async Task<bool> SweepAsync(Sweep running, Func<TargetRow, bool> takes)
    {
        if (running.IsRead || IsTellingMuch)
        {
            return false;
        }

        var page = await Targets.ListAsync(Id, new TargetPage(null, running.After, SweepPage), CancellationToken.None);
        running.IsRead = page.Length < SweepPage;
        running.After = page.IsEmpty ? running.After : page[^1].DeviceId;
        Tell(
            running.Order,
            page.Where(takes).Select(static row => new ShardDevice { DeviceId = row.DeviceId, Epoch = row.Epoch, HasBegun = row.Status >= UpdateStatus.Installing }),
            () => running.HasFailed = true);
        return !running.IsRead;
    }

    /// <param name="To">What members become that no device has taken up.</param>
    /// <param name="UpTo">Devices that stand further are not told.</param>
    private readonly record struct Stop(UpdateStatus To, string Reason, ShardOrder Order, UpdateStatus UpTo);

    /// <summary>A pass over the members.</summary>
    private sealed class Sweep(ShardOrder order, PauseLevel level)
    {
        internal ShardOrder Order { get; } = order;

        internal PauseLevel Level { get; } = level;

        internal string? After { get; set; }

        internal bool IsRead { get; set; }

        internal bool HasFailed { get; set; }

        internal bool IsOver(int telling) => IsRead && telling == 0;
    }
}
