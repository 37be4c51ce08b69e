using System.Collections.Immutable;
using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutApprovalsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly RolloutState InReview = new()
    {
        Plan = new RolloutSpec
        {
            Name = "n",
            Release = "r",
            Target = new RolloutTarget { Condition = "" },
            Approvals = [new ApprovalStep { Role = "lead", Required = 2 }, new ApprovalStep { Role = "safety", ExpiresAfter = TimeSpan.FromHours(1) }],
        },
        Status = RolloutStatus.InReview,
        Author = "ada",
        SubmittedAt = Now,
    };

    [Fact]
    public void Steps_are_decided_in_their_order_and_the_last_one_approves()
    {
        Assert.IsType<ApprovalMove.Refused>(Decide(InReview, "sam", "safety"));
        var one = Decided(InReview, "lea", "lead", null);
        var two = Decided(one, "leo", "lead", null);
        Assert.Equal(Now.AddHours(1), RolloutApprovals.ExpiresAt(two));
        Assert.Equal(["Approved", "Pending"], RolloutApprovals.View(two).Select(static step => step.Status));
        Decided(two, "sam", "safety", RolloutSignal.Approve);
    }

    [Fact]
    public void The_author_never_approves() => Assert.IsType<ApprovalMove.Refused>(Decide(InReview, "ada", "lead"));

    [Fact]
    public void Nobody_counts_twice()
    {
        var one = Decided(InReview, "lea", "lead", null);
        Assert.IsType<ApprovalMove.Unchanged>(Decide(one, "lea", "lead"));
        Assert.IsType<ApprovalMove.Refused>(Decide(one, "lea", "lead", isApproved: false));
    }

    [Fact]
    public void One_denial_rejects()
    {
        var denied = Assert.IsType<ApprovalMove.Decided>(Decide(InReview, "lea", "lead", isApproved: false));
        Assert.Equal(RolloutSignal.Reject, denied.Signal);
    }

    private static RolloutState Decided(RolloutState state, string principal, string role, RolloutSignal? follows)
    {
        var decided = Assert.IsType<ApprovalMove.Decided>(Decide(state, principal, role));
        Assert.Equal(follows, decided.Signal);
        return state with { Decisions = decided.Decisions };
    }

    private static ApprovalMove Decide(RolloutState state, string principal, string role, bool isApproved = true) =>
        RolloutApprovals.Decide(state, new ApprovalDecision { Principal = principal, IsApproved = isApproved, At = Now, PlanHash = "h" }, ImmutableArray.Create(role));
}
