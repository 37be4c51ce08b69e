using Muster.Fleet;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What a rollout does by itself: one step a turn, and on as long as there is something to do.</summary>
internal sealed partial class RolloutGrain
{
    private IGrainTimer? timer;
    private bool isScheduled;
    private bool isGone;

    public async Task<bool> TickAsync()
    {
        if (!storage.RecordExists || !state.Status.IsLive())
        {
            return storage.RecordExists && await AwaitLapseAsync();
        }

        await StepAsync();
        return state.Status.IsLive();
    }

    /// <summary>Has the next step done soon, after those who wait.</summary>
    private void Continue()
    {
        if (!isGone && !isScheduled && state.Status.IsLive())
        {
            isScheduled = true;
            timer ??= this.RegisterGrainTimer(
                static grain => grain.ContinueAsync(), this, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true });
            timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task ContinueAsync()
    {
        isScheduled = false;
        if (state.Status.IsLive())
        {
            await StepAsync();
        }
    }

    private async Task StepAsync()
    {
        try
        {
            await LookAtGatesAsync();
            if (await StopIfWithdrawnAsync() || await DoStepAsync())
            {
                Continue();
            }
        }
        catch (StaleTermException e)
        {
            LogNotLeading(e, Id);
            DeactivateOnIdle();
        }
        catch (FleetBusyException e)
        {
            // A read that found no turn; nothing was written.
            LogNotRead(e, Id);
        }
        catch (Exception e)
        {
            // What a failed write did is unknown. A later activation claims the rollout anew, so that nothing of it takes effect after that one has counted.
            LogStepFailed(e, Id, state.Status);
            DeactivateOnIdle();
        }
    }

    /// <returns>True if there is more to do at once.</returns>
    private Task<bool> DoStepAsync() => state.Status switch
    {
        RolloutStatus.Scheduled => AwaitStartAsync(),
        RolloutStatus.Starting => WriteMembersAsync(),
        RolloutStatus.Running => RunAsync(),
        RolloutStatus.Paused or RolloutStatus.Holding => RestAsync(),
        RolloutStatus.Completing => CompleteAsync(),
        RolloutStatus.Aborting => AbortStepAsync(),
        RolloutStatus.RollingBack => RollBackStepAsync(),
        _ => Task.FromResult(false),
    };

    private async Task<bool> AwaitStartAsync()
    {
        if (state.Spec.EndsAt <= Now)
        {
            await MoveAsync(RolloutSignal.TimeOver, Because.Engine("Its time was over before it began."), static next => next with { IsTimeOver = true });
        }
        else if (!(state.Spec.StartsAt > Now))
        {
            await MoveAsync(RolloutSignal.Begin, Because.Engine(null));
        }

        return false;
    }

    private async Task<bool> RunAsync()
    {
        if (state.Spec.EndsAt <= Now)
        {
            await MoveAsync(RolloutSignal.TimeOver, Because.Engine("Its time is over."), static next => next with { IsTimeOver = true });
            return true;
        }

        await JoinAsync();
        if (await LookAsync() || await HoldBelatedlyAsync() || await AdvanceGroupsAsync() || await HoldDevicesAsync())
        {
            return true;
        }

        if (IsDrained && state.Groups.All(static group => group.Status == GroupStatus.Passed))
        {
            await MoveAsync(RolloutSignal.Drained, Because.Engine(null));
            return true;
        }

        return await RetellAsync() | await AdmitAsync();
    }

    // Nothing new is offered; what is under way is counted, and told what it may.
    private async Task<bool> RestAsync()
    {
        if (state.Spec.EndsAt <= Now)
        {
            await MoveAsync(RolloutSignal.TimeOver, Because.Engine("Its time is over."), static next => next with { IsTimeOver = true });
            return true;
        }

        await JoinAsync();
        if (await LookAsync() || await HoldDevicesAsync())
        {
            return true;
        }

        if (IsDrained)
        {
            await MoveAsync(RolloutSignal.Drained, new Because("rollout", state.Because), Unpaused);
            return true;
        }

        return false;
    }

    private async Task<bool> CompleteAsync()
    {
        if (await LookAsync() || await HoldDevicesAsync())
        {
            return true;
        }

        // Held back from their install, and nobody can resume it: they would wait until their offer lapses.
        var upTo = state.Pause >= PauseLevel.Installs ? UpdateStatus.ReadyToInstall : UpdateStatus.Gated;
        if (sweep is { Order: ShardOrder.Hold } || (state.IsTimeOver && !await StopAsync(new Stop(UpdateStatus.Skipped, "RolloutEnded", ShardOrder.Cancel, upTo))))
        {
            return false;
        }

        if (!IsDrained || await IsAgreedAsync() is not { } isAgreed || !await AreGatesClosedAsync())
        {
            return false;
        }

        await UnpinAsync();
        var isWell = isAgreed && tally.Failed == 0 && tally.Unreached == 0 && state.Groups.All(static group => group.Status != GroupStatus.Failed)
            && (!state.IsRollback || tally.NotBack == 0);
        await MoveAsync(isWell ? RolloutSignal.CloseWell : RolloutSignal.CloseWithFailures, new Because("rollout", gates.WhyNot ?? state.Because), Unpaused);
        return false;
    }

    /// <summary>True once every member is final, and none can come.</summary>
    private bool IsDrained => tally.Final == tally.Total && countedAt is not null && telling.Count == 0 && !MayGrow;

    /// <summary>True while members may join.</summary>
    private bool MayGrow => !state.IsTimeOver && (state.IsRollback ? !state.IsSourceClosed : state.Spec.Target.Continuous && state.Status != RolloutStatus.Completing);
}
