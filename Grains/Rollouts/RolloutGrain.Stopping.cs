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
    private (PauseLevel Level, DateTimeOffset At) holdAgain;
    private Stop? stopping;
    private bool isPlannedEnded;

    /// <summary>True while devices may keep to a pause, though nobody can resume it any more.</summary>
    private bool MayBeHeld => state.Pause > PauseLevel.None || state.Told > PauseLevel.None;

    private async Task<bool> AbortStepAsync()
    {
        if (await LookAsync())
        {
            return true;
        }

        if (await StopAsync(new Stop(UpdateStatus.Canceled, "RolloutAborted", ShardOrder.Cancel, UpdateStatus.RollingBack)) && await AreGatesClosedAsync())
        {
            await UnpinAsync();
            await MoveAsync(RolloutSignal.Drained, new Because("rollout", state.Because), Unpaused);
        }

        return false;
    }

    private static RolloutState Unpaused(RolloutState next) => next with { Pause = PauseLevel.None, Told = PauseLevel.None };

    /// <summary>Tells everything under way how far it may go, once after each change of it.</summary>
    /// <returns>True if there are more to be told at once.</returns>
    private async Task<bool> HoldDevicesAsync()
    {
        if (sweep is { Order: not ShardOrder.Hold } || (state.Told == state.Pause && sweep is null) || (holdAgain.Level == state.Pause && Now < holdAgain.At))
        {
            return false;
        }

        if (sweep is null || sweep.Level != state.Pause)
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
            else
            {
                holdAgain = (level, Now + Settings.RetellEvery);
            }
        }

        return isMore;
    }

    /// <summary>Ends what no device has taken up, and has the devices stop; again and again until every member is final.</summary>
    /// <returns>True once they are.</returns>
    private async Task<bool> StopAsync(Stop stop)
    {
        if (stopping != stop)
        {
            (stopping, sweep, isPlannedEnded) = (stop, null, false);
        }

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
        Tell(running.Order, Called(page.Where(takes)), () => running.HasFailed = true);

        // What installs finishes, however far a pause let it go. What does not yet is never let go only to be stopped.
        if (running.Order != ShardOrder.Hold && MayBeHeld)
        {
            Tell(ShardOrder.Hold, Called(page.Where(static row => row.Status is >= UpdateStatus.Installing and < UpdateStatus.Succeeded)), level: PauseLevel.None);
        }

        return !running.IsRead;
    }

    private static IEnumerable<ShardDevice> Called(IEnumerable<TargetRow> rows) =>
        rows.Select(static row => new ShardDevice { DeviceId = row.DeviceId, Epoch = row.Epoch, HasBegun = row.Status >= UpdateStatus.Installing });

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
