using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Devices;

/// <summary>The device's update, as rollouts, operators and its agent call it.</summary>
internal sealed partial class DeviceGrain
{
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
}
