using Muster.CloudToDevice;
using Muster.Json;
using Muster.Rollouts;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Devices;

/// <summary>
/// The device's update. What a decision needs from elsewhere (the plan, a release) is read first; then it is decided on the newest state in one go, and stored with its history
/// and whatever the twin's desired properties have to say of it.
/// </summary>
internal sealed partial class DeviceGrain
{
    private static readonly Dictionary<string, PlannedRelease> NoReleases = [];
    private (byte[]? Json, DeviceUpdate? Record) readUpdate;
    private Dictionary<string, PlannedRelease>? knownReleases;
    private TwinContent? twinContent;
    private string? twinContentOf;

    public async Task<AssignReply> AssignUpdateAsync(UpdateAssignment assignment)
    {
        var holder = UpdateOf(head)?.Rollout is { } other && other != assignment.Rollout ? await services.Plans.GetAsync(other) : null;
        if (services.Upstream is not null || await PrepareAsync(assignment.Rollout, assignment.Release) is not { } plan || head is not { } state)
        {
            await SettledAsync();
            return new AssignReply.Unknown();
        }

        var context = ContextOf(plan, state);
        var held = holder is not null && UpdateOf(state)?.Rollout == holder.Rollout ? ContextOf(holder, state) : null;
        var (reply, move) = UpdateMachine.Assign(UpdateOf(state), assignment, context, held);
        await (move is { } moved ? CommitUpdateAsync(state, moved, moved.Next.Rollout == assignment.Rollout ? context : held!) : SettledAsync());
        return reply;
    }

    public async Task<bool> GrantUpdateAsync(string rollout, int epoch)
    {
        await MoveAsync(
            static _ => new UpdateSignal.Granted(), update => update.Rollout == rollout && update.Epoch == epoch);
        return UpdateOf(head) is { IsGranted: true } update && update.Rollout == rollout && update.Epoch == epoch;
    }

    public Task<UpdateReply> CancelUpdateAsync(string rollout, string actor, string reason) => AskAsync(
        rollout, new UpdateSignal.CancelRequested(actor, reason), static status => status is UpdateStatus.Canceling or UpdateStatus.Canceled);

    public Task<UpdateReply> RollBackUpdateAsync(string rollout, string actor, string reason) => AskAsync(
        rollout, new UpdateSignal.RollBackRequested(actor, reason), static status => status is UpdateStatus.RollingBack or UpdateStatus.RolledBack);

    public async Task<UpdateReply> ReleaseQuarantineAsync(string actor)
    {
        if (head is not { } state || UpdateOf(state) is not { } update || await PrepareAsync(update.Rollout) is not { } plan || head is not { } now || UpdateOf(now) is not { } newest)
        {
            await SettledAsync();
            return new UpdateReply.Unknown();
        }

        if (newest.IsQuarantined)
        {
            var context = ContextOf(plan, now);
            var course = new UpdateCourse(newest with { IsQuarantined = false }, context, "QuarantineReleased", actor);
            course.Note(null);
            await CommitUpdateAsync(now, course.Move, context);
        }

        return new UpdateReply.Accepted(newest.Status);
    }

    public async Task HoldUpdateAsync(string rollout, PauseLevel level) =>
        await MoveAsync(_ => new UpdateSignal.Held(level), update => update.Rollout == rollout);

    public async Task<UpdateReply> ReportUpdateAsync(AgentReport report) =>
        await MoveAsync(_ => new UpdateSignal.Reported(report), static _ => true) is { } moved
            ? UpdateMachine.Reply(moved.Before, report, moved.Move)
            : new UpdateReply.Unknown();

    public async Task<AgentOffer?> PollUpdateAsync(UpdateAgent agent)
    {
        if (UpdateOf(head) is not { IsFinal: false } update || await PrepareAsync(update.Rollout) is not { } plan || head is not { } state || UpdateOf(state) is not { } newest)
        {
            await SettledAsync();
            return null;
        }

        // A poll is the heartbeat of an agent that has no connection; only where one is waited for is it worth a write.
        if (newest.Status == UpdateStatus.Soaking && plan.Health.Heartbeat is { } heartbeat && !(state.LastActivityAt > Now() - (heartbeat / 4)))
        {
            await CommitAsync(state = state with { LastActivityAt = Now() });
        }
        else
        {
            await SettledAsync();
        }

        return UpdateOffers.Of(newest, ContextOf(plan, state));
    }

    public async ValueTask<DeviceUpdateView?> GetUpdateAsync()
    {
        var read = UpdateOf(Committed) is { } known ? await services.Plans.GetAsync(known.Rollout) : null;
        if (Committed is not { } state || UpdateOf(state) is not { } update)
        {
            return Nothing<DeviceUpdateView>();
        }

        var plan = PlanOf(update, read);
        return UpdateView.Of(update, plan, new DeviceFacts(state), Now()) with { Gates = [.. GatesOf(update, plan)] };
    }

    private async Task<UpdateReply> AskAsync(string rollout, UpdateSignal signal, Func<UpdateStatus, bool> isDone)
    {
        if (await MoveAsync(_ => signal, update => update.Rollout == rollout) is not { } moved)
        {
            return new UpdateReply.Unknown();
        }

        return isDone(moved.Move.Next.Status) ? new UpdateReply.Accepted(moved.Move.Next.Status) : new UpdateReply.Refused(moved.Move.Next.Status);
    }

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
        if (UpdateOf(state) is not { } update || (update.IsFinal && update.Gates is null) || PlanOf(update, read) is not { } plan)
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

    /// <summary>The plan that was read, unless a call that came between has brought the device to another rollout.</summary>
    private DevicePlan? PlanOf(DeviceUpdate update, DevicePlan? read) => read?.Rollout == update.Rollout ? read : services.Plans.Find(update.Rollout);

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
        if (wanted != twinContentOf && ContextOf(plan, state).Find(wanted) is { } found)
        {
            twinContent = await contents.GetAsync(found, GrainKey);
            twinContentOf = wanted;
        }
    }

    private UpdateContext ContextOf(DevicePlan plan, DeviceState state) =>
        new(plan, new DeviceFacts(state), Now()) { GraceUntil = services.GraceUntil, Known = knownReleases ?? NoReleases, DeviceId = GrainKey };

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
            var isThere = sign is null || update.Status == UpdateStatus.Canceling || twinContentOf == update.Wanted;
            var before = UpdateOf(state);
            if (isThere && TwinMachine.Change(state, new TwinChange { Desired = TwinChannel.Desired(update, context, twinContent) }, Now()) is TwinMove.Moved moved)
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
        if (isOfAgent && TwinChannel.Read(new DeviceFacts(state).TwinAgent) is { } report)
        {
            return WithUpdate(state, plan, new UpdateSignal.Reported(report), new UpdateSignal.FactsSeen());
        }

        return patch.Span.IndexOf("\"deviceInformation\""u8) >= 0 ? WithUpdate(state, plan, new UpdateSignal.FactsSeen()) : state;
    }

    private async ValueTask<DevicePlan?> PrepareUpdateAsync() =>
        UpdateOf(head) is { } update && (!update.IsFinal || update.Gates is not null) ? await PrepareAsync(update.Rollout) : null;

    /// <summary>What of the written steps a rollout counts at once: the rest it finds in the store.</summary>
    private void TellRollouts(List<UpdateStep> steps)
    {
        var from = 0;
        for (var i = 1; i <= steps.Count; i++)
        {
            if (i < steps.Count && steps[i].Rollout == steps[from].Rollout)
            {
                continue;
            }

            var (first, last) = (steps[from], steps[i - 1]);
            if (IsCounted(steps, from, i))
            {
                services.Rollouts.Tell(last.Rollout, new ProgressItem
                {
                    DeviceId = GrainKey,
                    Group = last.Group,
                    From = first.From,
                    To = last.To,
                    IsGranted = last.IsGranted,
                    IsReady = last.IsReady,
                    Epoch = last.Epoch,
                    Reason = last.Reason,
                });
            }

            from = i;
        }
    }

    private static bool IsCounted(List<UpdateStep> steps, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var step = steps[i];
            if (step.To.IsFinal() || step.IsReady || step.To is UpdateStatus.Accepted or UpdateStatus.Gated or UpdateStatus.Eligible || step.From.IsFinal())
            {
                return true;
            }
        }

        return false;
    }

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
}
