using System.Text.RegularExpressions;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>What an approver decides.</summary>
internal enum Verdict
{
    Approve,
    Deny,
}

/// <summary>A decision on a plan.</summary>
internal sealed partial class DecisionRequest : FieldsRequest, IRequestMessage<DecisionRequest>
{
    public static int MaxBytes => 16 * 1024;

    /// <summary>Of the plan that was looked at: 64 hexadecimal digits.</summary>
    public string PlanHash { get; private set; } = "";

    /// <summary>approve or deny.</summary>
    public string Decision { get; private set; } = "";

    /// <summary>At most 1024 characters.</summary>
    public string? Comment { get; private set; }

    internal bool IsApproved => Decision == Words.Of(Verdict.Approve);

    public static DecisionRequest Parse(ReadOnlySpan<byte> json)
    {
        var request = new DecisionRequest();
        JsonFields.ReadBody(json, request.Errors, request.Read);
        return request;
    }

    private void Read(JsonFields fields)
    {
        // The one who says neither has not approved.
        Decision = Words.Of(fields.Word<Verdict>("decision", required: true) ?? Verdict.Deny);
        PlanHash = fields.Text("planHash", 256, required: true)?.ToLowerInvariant() ?? "";
        Comment = fields.Text("comment", 1024);
        if (PlanHash.Length > 0 && !Sha256().IsMatch(PlanHash))
        {
            fields.Wrong("planHash", "must be 64 hexadecimal digits, as the plan and the rollout give them");
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}

/// <summary>A rollout that waits for approval.</summary>
internal sealed record ApprovalResponse
{
    /// <summary>The rollout's id.</summary>
    public required string Rollout { get; init; }

    public required string Name { get; init; }

    public required string Release { get; init; }

    public required string Author { get; init; }

    /// <summary>What a decision has to name.</summary>
    public required string? PlanHash { get; init; }

    /// <summary>Which step of the chain, from 1.</summary>
    public required int Step { get; init; }

    public required string Role { get; init; }

    public required int Required { get; init; }

    /// <summary>What was decided in this step so far.</summary>
    public required DecisionResponse[] Decisions { get; init; }

    /// <summary>UTC.</summary>
    public DateTimeOffset? ExpiresTime { get; init; }

    /// <summary>Null if nobody's decision is waited for.</summary>
    internal static ApprovalResponse? From(RolloutView view)
    {
        for (var step = 0; view.Status == RolloutStatus.InReview && step < view.Approvals.Length; step++)
        {
            if (view.Approvals[step] is { Status: "Pending" } pending)
            {
                return new()
                {
                    Rollout = view.Id,
                    Name = view.Spec.Name,
                    Release = view.Spec.Release,
                    Author = view.Author,
                    PlanHash = view.PlanHash,
                    Step = step + 1,
                    Role = pending.Step.Role,
                    Required = pending.Step.Required,
                    Decisions = [.. pending.Decisions.Select(DecisionResponse.From)],
                    ExpiresTime = pending.ExpiresAt,
                };
            }
        }

        return null;
    }

    /// <summary>Whether this principal's decision is waited for.</summary>
    internal bool WaitsFor(Actor actor) =>
        actor.Roles.Contains(Role) && Author != actor.Name && !Array.Exists(Decisions, decision => decision.Principal == actor.Name);
}

/// <param name="Items">Newest first.</param>
/// <param name="Next">To go on with as after; absent after the last page. A page may be empty although there is another.</param>
internal sealed record ApprovalsResponse(ApprovalResponse[] Items, string? Next);
