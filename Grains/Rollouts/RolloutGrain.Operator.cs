using Muster.Errors;

namespace Muster.Rollouts;

/// <summary>What an operator does with a plan that was approved.</summary>
internal sealed partial class RolloutGrain
{
    public Task<RolloutReply> StartAsync(string actor, string? ifMatch) => ActAsync(state.Status.IsLive() ? null : ifMatch, async () =>
    {
        if (state.Status.IsLive())
        {
            return null;
        }

        return state.Status != RolloutStatus.Approved ? await MoveAsync(RolloutSignal.Begin, new Because(actor, null))
            : WhyNotOperator(actor) ?? await WhyNotReadyAsync() ?? await BeginAsync(actor);
    });

    public Task<RolloutReply> PauseAsync(string actor, PauseLevel level, string? ifMatch) => ActAsync(ifMatch, async () =>
    {
        if (level is < PauseLevel.Offers or > PauseLevel.Reboots)
        {
            return Refusals.Invalid("A pause stops offers, installs or reboots.");
        }

        return state.Status == RolloutStatus.Paused && state.Pause == level
            ? null
            : await MoveAsync(RolloutSignal.Pause, new Because(actor, $"Paused by {actor}."), next => next with { Pause = level });
    });

    public Task<RolloutReply> ResumeAsync(string actor, string? ifMatch) => ActAsync(ifMatch, async () =>
    {
        await CountAsync();
        if (RolloutMachine.Next(state.Status, RolloutSignal.Resume) is RolloutMove.Moved)
        {
            await AskAnewAsync();
        }

        return await MoveAsync(RolloutSignal.Resume, new Because(actor, null), next => next with
        {
            Pause = PauseLevel.None,
            Because = null,
            Groups = [.. next.Groups.Select((group, i) => group.Status is GroupStatus.Held or GroupStatus.Failed ? new GroupState(IsKeptOut(i) ? GroupStatus.Gated : GroupStatus.Passed, Now) : group)],

            // Who lets it go on has seen what was counted so far: from here it is counted anew.
            Baseline = next.Fired.IsEmpty ? next.Baseline : HaltBaseline.Of(tally),
            InARow = next.Fired.IsEmpty ? next.InARow : 0,
            Fired = [],
        });
    });

    public Task<RolloutReply> AbortAsync(string actor, string reason, string? ifMatch) =>
        ActAsync(ifMatch, () => MoveAsync(RolloutSignal.Abort, new Because(actor, reason)));

    public Task<RolloutReply> RollBackAsync(string actor, string reason, string? ifMatch) => ActAsync(ifMatch, async () =>
    {
        if (state.IsRollback)
        {
            return Invalid($"The rollout {Id} takes devices back itself.");
        }

        if (state.Status == RolloutStatus.RollbackFailed)
        {
            return Invalid($"The rollout {Id} was taken back by {state.RollbackId}, which is over: plan a rollout of the older version for the devices that are left.");
        }

        if (RolloutMachine.Next(state.Status, RolloutSignal.RollBack) is RolloutMove.Moved && !await Rollouts.WakeUrgentlyAsync(Id))
        {
            return TooManyLive;
        }

        return await MoveAsync(RolloutSignal.RollBack, new Because(actor, reason), RollingBack);
    });

    private RolloutState RollingBack(RolloutState next) => next with { RollbackId = RollbackIds.Of(Id) };

    private Refusal? WhyNotOperator(string actor) =>
        actor == state.Author ? new Refusal(HubErrorCode.NotYourTurn, $"The author of rollout {Id} does not start it.")
        : state.Decisions.Any(made => made.Decision.Principal == actor) ? new Refusal(HubErrorCode.NotYourTurn, $"Who approved rollout {Id} does not start it.")
        : null;

    // What was approved may have been withdrawn since, and devices may have gone: better said now than by a rollout that does nothing.
    private async Task<Refusal?> WhyNotReadyAsync()
    {
        if (await services.Releases.FindNewAsync(state.Spec.Release) is not { } release)
        {
            return NoRelease(state.Spec.Release);
        }

        // Written by an older program, which took what is refused now.
        if (RolloutRules.Check(state.Spec, services.GateOptions.Value.AllowPrivateAddresses) is { IsEmpty: false } errors)
        {
            return PlanErrors.Refusal(errors);
        }

        if (PlanHash.Of(state.Spec, release, state.Golden is null ? null : await services.Releases.GoldenAsync(release.Models)) != state.PlanHash)
        {
            return new Refusal(HubErrorCode.PlanChanged, $"The release {release.Id}, or the golden one of a model of it, is not what was approved with rollout {Id}; replace the plan and submit it anew.");
        }

        if (state.Spec.EndsAt <= Now)
        {
            return Refusals.Invalid($"The time of rollout {Id} is over.");
        }

        var members = new MemberFinder(Targets, state.Spec, 1);
        await members.ReadAsync(CancellationToken.None);
        return members.Found.Count == 0 && !state.Spec.Target.Continuous ? Refusals.Invalid("No device fulfils the target's condition.") : null;
    }

    private async Task<Refusal?> BeginAsync(string actor)
    {
        // Awake first: a rollout that is looked at and not begun goes to rest by itself, a release that is held is let go by nobody else.
        if (!await Rollouts.WakeAsync(Id))
        {
            return TooManyLive;
        }

        if (await services.Releases.PinAsync(state.Spec.Release, Id) is { } why)
        {
            return why;
        }

        var signal = state.Spec.StartsAt > Now ? RolloutSignal.Schedule : RolloutSignal.Begin;
        return await MoveAsync(signal, new Because(actor, null));
    }

    private static Refusal TooManyLive => new(HubErrorCode.TooManyRollouts, "As many rollouts as may be are under way.");
}
