using Muster.CloudToDevice;
using Muster.Json;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Devices;

/// <summary>How a decision on the device's update is made on the newest state, and stored with its history and whatever the twin's desired properties have to say of it.</summary>
internal sealed partial class DeviceGrain
{
    /// <summary>Decides on a signal and stores what it comes to; null if there is no update that it could be meant for.</summary>
    private async Task<(DeviceUpdate Before, UpdateMove Move, DevicePlan Plan)?> MoveAsync(Func<DeviceState, UpdateSignal> signal, Func<DeviceUpdate, bool> isMeant)
    {
        if (UpdateOf(head) is not { } known || await PrepareAsync(known.Rollout) is not { } plan
            || head is not { } state || UpdateOf(state) is not { } update || update.Rollout != known.Rollout || !isMeant(update))
        {
            await SettledAsync();
            return null;
        }

        var context = ContextOf(plan, state);
        var move = UpdateMachine.Next(update, signal(state), context);
        await (ReferenceEquals(move.Next, update) ? SettledAsync() : CommitUpdateAsync(state, move, context));
        return (update, move, plan);
    }

    /// <summary>What came in with something else (a report, a connection, a deadline) moves the update in the same commit; unchanged where it moves nothing.</summary>
    private DeviceState WithUpdate(DeviceState state, DevicePlan? read, params ReadOnlySpan<UpdateSignal> signals)
    {
        if (UpdateOf(state) is not { } update || update.IsOver || PlanOf(update, read) is not { } plan)
        {
            return state;
        }

        var context = ContextOf(plan, state);
        foreach (var signal in signals)
        {
            var move = UpdateMachine.Next(UpdateOf(state)!, signal, context);
            if (!ReferenceEquals(move.Next, UpdateOf(state)))
            {
                state = WithMove(state, move, context);
            }
        }

        return state;
    }

    private Task CommitUpdateAsync(DeviceState state, UpdateMove move, UpdateContext context) => CommitAsync(WithMove(state, move, context));

    /// <summary>The record, its steps, and what the desired properties have to say of it.</summary>
    private DeviceState WithMove(DeviceState state, UpdateMove move, UpdateContext context)
    {
        if (move.Steps.Count > 0)
        {
            (unwritten ??= []).AddRange(move.Steps);
        }

        if (move.Effects.Count > 0)
        {
            (unsaid ??= []).AddRange(move.Effects.Select(effect => CallOf(effect.Gate, effect.Effect, move.Next, context.Plan)));
        }

        var update = move.Next;
        var sign = TwinChannel.SignOf(update, context);
        if (sign != update.Told)
        {
            var content = twinContentOf?.Release == update.Wanted ? twinContent : null;
            var isThere = sign is null || update.Status == UpdateStatus.Canceling || content is not null || TwinChannel.IsAtIt(update);
            var before = UpdateOf(state);
            if (isThere && TwinMachine.Change(state, new TwinChange { Desired = TwinChannel.Desired(update, context, content) }, Now()) is TwinMove.Moved moved)
            {
                state = moved.Next;
                Remember(moved);
                update = update with { Told = sign };
            }
            else
            {
                update = update with { LookAt = TwinChannel.TellAt(before, update, isRefused: isThere, Now()) };
            }
        }

        var json = update.ToJson();
        readUpdate = (json, update);
        return state with { Update = json, NextDeadline = update.Due is null ? CloudQueueMachine.NextDue(state, Now()) : state.NextDeadline };
    }

    // With the commit that follows at once.
    private void Remember(TwinMove.Moved moved)
    {
        (undelivered ??= []).Add(moved.Desired!);
        if (TwinNews(moved, isReplace: false) is { } news)
        {
            (untold ??= []).Add(news);
        }
    }

    /// <summary>The row's deadline is the earliest of what it awaits. An earlier one that stands there is left: it costs a look, and its change an index.</summary>
    private DeviceState? WithUpdateDeadline(DeviceState? state) =>
        UpdateOf(state)?.Due is { } due && !(state!.NextDeadline <= due) ? state with { NextDeadline = due } : state;

    /// <summary>What was said of the update, or of what it looks at, by a reported patch.</summary>
    private DeviceState WithReport(DeviceState state, JsonUtf8 patch, DevicePlan? plan)
    {
        var isOfAgent = patch.Span.IndexOf("\"deviceUpdate\""u8) >= 0;
        var seen = new UpdateSignal.FactsSeen(DeviceFacts.IsVersionTold(patch.Span));
        if (isOfAgent && TwinChannel.Read(new DeviceFacts(state).TwinAgent) is { } report)
        {
            return WithUpdate(state, plan, new UpdateSignal.Reported(report), seen);
        }

        return patch.Span.IndexOf("\"deviceInformation\""u8) >= 0 ? WithUpdate(state, plan, seen) : state;
    }

    private void TellRollouts(List<UpdateStep> steps)
    {
        foreach (var (rollout, item) in CountedSteps.Of(GrainKey, steps))
        {
            services.Rollouts.Tell(rollout, item);
        }
    }
}
