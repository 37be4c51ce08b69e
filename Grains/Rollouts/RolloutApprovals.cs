using System.Collections.Immutable;

namespace Muster.Rollouts;

/// <summary>What became of a decision.</summary>
internal abstract record ApprovalMove
{
    private ApprovalMove() { }

    /// <summary>It counts; <paramref name="Signal"/> follows, if the chain is through or broken.</summary>
    internal sealed record Decided(ImmutableArray<StepDecision> Decisions, RolloutSignal? Signal) : ApprovalMove;

    internal sealed record Unchanged : ApprovalMove;

    internal sealed record Refused(string Why) : ApprovalMove;
}

/// <summary>The approval chain: ordered steps, each by so many principals of its role, never by the author, none twice. Pure.</summary>
internal static class RolloutApprovals
{
    /// <summary>How long a chain that is through stands for a start: what it looked at may be another by then.</summary>
    internal static readonly TimeSpan Validity = TimeSpan.FromDays(14);

    internal static ApprovalMove Decide(RolloutState state, ApprovalDecision decision, ImmutableArray<string> roles)
    {
        var steps = state.Spec.Approvals;
        var turn = Turn(steps, state.Decisions);
        if (state.Decisions.FirstOrDefault(made => made.Decision.Principal == decision.Principal) is { Decision: { } made })
        {
            return made.IsApproved == decision.IsApproved
                ? new ApprovalMove.Unchanged()
                : new ApprovalMove.Refused($"{decision.Principal} has decided already.");
        }

        if (decision.Principal == state.Author)
        {
            return new ApprovalMove.Refused("The author of a rollout does not approve it.");
        }

        if (turn == steps.Length)
        {
            return new ApprovalMove.Refused("Nobody has to approve it any more.");
        }

        if (!roles.Contains(steps[turn].Role, StringComparer.Ordinal))
        {
            return new ApprovalMove.Refused($"It is the turn of the role {steps[turn].Role}.");
        }

        var decisions = state.Decisions.Add(new StepDecision(turn, decision));
        return new ApprovalMove.Decided(
            decisions, !decision.IsApproved ? RolloutSignal.Reject : Turn(steps, decisions) == steps.Length ? RolloutSignal.Approve : null);
    }

    /// <summary>When the step whose turn it is expires, or the whole chain once it is through. Null where nobody has to approve.</summary>
    internal static DateTimeOffset? ExpiresAt(RolloutState state)
    {
        var (steps, turn) = (state.Spec.Approvals, Turn(state.Spec.Approvals, state.Decisions));
        return steps.IsEmpty ? null : BeganAt(state, turn) + (turn < steps.Length ? steps[turn].ExpiresAfter : Validity);
    }

    /// <summary>What is left of a chain that lapsed: nothing, and its first step's turn begins.</summary>
    internal static RolloutState Anew(RolloutState state, DateTimeOffset now) => state with { Decisions = [], SubmittedAt = now };

    internal static ImmutableArray<ApprovalView> View(RolloutState state)
    {
        var turn = Turn(state.Spec.Approvals, state.Decisions);
        return
        [
            .. state.Spec.Approvals.Select((step, i) => new ApprovalView
            {
                Step = step,
                Status = Denied(state, i) ? "Denied" : i < turn ? "Approved" : state.Status == RolloutStatus.Expired && i == turn ? "Expired"
                    : state.Status == RolloutStatus.InReview && i == turn ? "Pending" : "Waiting",
                Decisions = [.. state.Decisions.Where(made => made.Step == i).Select(static made => made.Decision)],
                ExpiresAt = state.Status == RolloutStatus.InReview && i == turn ? BeganAt(state, i) + step.ExpiresAfter : null,
            }),
        ];
    }

    /// <summary>The first step that has not enough approvals; the number of steps once all have.</summary>
    internal static int Turn(ImmutableArray<ApprovalStep> steps, ImmutableArray<StepDecision> decisions)
    {
        var step = 0;
        while (step < steps.Length && decisions.Count(made => made.Step == step && made.Decision.IsApproved) >= steps[step].Required)
        {
            step++;
        }

        return step;
    }

    private static bool Denied(RolloutState state, int step) => state.Decisions.Any(made => made.Step == step && !made.Decision.IsApproved);

    private static DateTimeOffset BeganAt(RolloutState state, int step) =>
        step == 0 ? state.SubmittedAt : state.Decisions.Where(made => made.Step < step).Select(static made => made.Decision.At).DefaultIfEmpty(state.SubmittedAt).Max();
}
