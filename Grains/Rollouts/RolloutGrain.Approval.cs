using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Rollouts;

/// <summary>The approval chain, and its end when nobody decides.</summary>
internal sealed partial class RolloutGrain
{
    public Task<RolloutReply> DecideAsync(string principal, ImmutableArray<string> roles, string planHash, bool isApproved, string? comment) => ActAsync(null, async () =>
    {
        if (state.Status != RolloutStatus.InReview)
        {
            var isRepeat = state.Decisions.Any(made => made.Decision.Principal == principal && made.Decision.IsApproved == isApproved && made.Decision.PlanHash == planHash);
            return isRepeat ? null : Invalid($"The rollout {Id} is {state.Status}; there is nothing to approve.");
        }

        if (planHash != state.PlanHash)
        {
            return new Refusal(HubErrorCode.PlanChanged, $"The plan of rollout {Id} has the hash {state.PlanHash}, not the one that was decided on.");
        }

        if (comment is { Length: > 1024 })
        {
            return Refusals.Invalid("A comment has at most 1024 characters.");
        }

        var decision = new ApprovalDecision { Principal = principal, IsApproved = isApproved, At = Now, Comment = comment, PlanHash = planHash };
        return await TakeAsync(RolloutApprovals.Decide(state, decision, roles), new Because(principal, comment));
    });

    private async Task<Refusal?> TakeAsync(ApprovalMove move, Because because)
    {
        switch (move)
        {
            case ApprovalMove.Unchanged:
                return null;
            case ApprovalMove.Refused refused:
                return new Refusal(HubErrorCode.NotYourTurn, refused.Why);
            case ApprovalMove.Decided decided:
                var next = state with { Decisions = decided.Decisions };
                await ExpectLapseAsync(next);
                if (decided.Signal is { } signal)
                {
                    return await MoveAsync(signal, because, moved => moved with { Decisions = decided.Decisions });
                }

                await SaveAsync(Recorded(next, (state.Status.ToString(), state.Status.ToString()), "Decide", because));
                return null;
            default:
                throw new NotSupportedException($"Unknown move {move}.");
        }
    }

    // Before it is written, so that no restart comes between: who is called too early only asks again.
    private async Task ExpectLapseAsync(RolloutState next)
    {
        if (RolloutApprovals.ExpiresAt(next) is { } at)
        {
            await Rollouts.ExpectAsync(Id, at);
        }
    }

    /// <returns>True if it may yet lapse, and is looked at when it does.</returns>
    private async Task<bool> AwaitLapseAsync()
    {
        await LapseAsync();
        if (state.Status is not (RolloutStatus.InReview or RolloutStatus.Approved))
        {
            return false;
        }

        await ExpectLapseAsync(state);
        return true;
    }

    private async Task LapseAsync()
    {
        if (state.Status is not (RolloutStatus.InReview or RolloutStatus.Approved) || !(RolloutApprovals.ExpiresAt(state) <= Now))
        {
            return;
        }

        if (state.Status == RolloutStatus.InReview)
        {
            await MoveAsync(RolloutSignal.Lapse, Because.Engine("It was not approved in time."));
            return;
        }

        await OutdateAsync();
    }

    private async Task OutdateAsync()
    {
        // Held by a start that did not come to its end.
        await UnpinAsync();
        var now = Now;
        await ExpectLapseAsync(RolloutApprovals.Anew(state, now));
        await MoveAsync(
            RolloutSignal.Outdate, Because.Engine($"It was not started within {RolloutApprovals.Validity.TotalDays:0} days of its approval, which has to be given anew."),
            next => RolloutApprovals.Anew(next, now));
    }

    /// <summary>A plan that nobody has to approve is approved with its submission, or by the next one where that did not come to its end.</summary>
    private async Task<Refusal?> ApproveByNobodyAsync() => state.Status == RolloutStatus.InReview && state.Spec.Approvals.IsEmpty
        ? await MoveAsync(RolloutSignal.Approve, Because.Engine("Nobody has to approve."))
        : null;
}
