using Muster.Errors;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary><c>/api/v1/approvals</c>: rollouts that wait for somebody's decision.</summary>
internal static class ApprovalEndpoints
{
    private const int PageLength = 100;
    private const int MaxPages = 10;

    internal static void MapApprovals(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/approvals").WithTags("Approvals").AddEndpointFilter<RolloutIdFilter>();
        group.MapGet("", ListApprovals).WithName(nameof(ListApprovals)).WithSummary("List the rollouts that wait for your decision")
            .WithDescription("Those whose step is of one of your roles, that you neither wrote nor decided on.")
            .RequiresPrincipal().TakesQuery("pending", "false: those that wait for anybody's. Default true.", typeof(bool))
            .TakesQuery("after", "next of the page before.", typeof(string)).TakesQuery("max", "How many at most, 1 to 100. Default 20.", typeof(int))
            .Answers<ApprovalsResponse>("Some of them.");
        group.MapPost("/{id}", DecideRollout).WithName(nameof(DecideRollout)).WithSummary("Approve or deny a rollout's plan")
            .WithDescription("The decision is on the plan of the hash, and void once the plan changes. One denial rejects the rollout.")
            .RequiresPrincipal().Takes<DecisionRequest>().Example(RolloutExamples.Decide).Answers<RolloutResponse>("The rollout as it is now.")
            .MayRefuse(HubErrorCode.RolloutNotFound, HubErrorCode.RolloutStateInvalid, HubErrorCode.PlanChanged, HubErrorCode.NotYourTurn);
    }

    private static async Task<IResult> DecideRollout(string id, RequestBody<DecisionRequest> body, Actor actor, IGrainFactory grains)
    {
        var decision = body.Value;
        return RolloutEndpoints.Answer(
            await grains.Rollout(id).DecideAsync(actor.Name, actor.Roles, decision.PlanHash, decision.IsApproved, decision.Comment));
    }

    private static async Task<IResult> ListApprovals(HttpRequest request, Actor actor, IGrainFactory grains)
    {
        var page = PageQuery.Read(request, 20, 100);
        var pending = request.Query["pending"].ToString();
        var mine = true;
        var why = page.Why ?? (pending.Length == 0 || bool.TryParse(pending, out mine) ? null : new Refusal(HubErrorCode.ArgumentInvalid, "pending must be true or false."));
        return why is not null
            ? ApiProblems.From(why)
            : HubJson.Ok(await FindAsync(grains.Rollouts(), page, mine ? actor : null), RolloutJson.Default.ApprovalsResponse);
    }

    /// <summary>Looks at a thousand rollouts at most; a page may therefore be short although there is another.</summary>
    private static async Task<ApprovalsResponse> FindAsync(IRolloutsGrain rollouts, PageQuery page, Actor? mine)
    {
        var found = new List<ApprovalResponse>();
        var after = page.After;
        for (var pages = 0; pages < MaxPages; pages++)
        {
            var views = await rollouts.ListAsync(after, PageLength);
            foreach (var view in views)
            {
                after = view.Id;
                if (ApprovalResponse.From(view) is { } approval && (mine is null || approval.WaitsFor(mine)))
                {
                    found.Add(approval);
                    if (found.Count == page.Max)
                    {
                        return new([.. found], after);
                    }
                }
            }

            if (views.Length < PageLength)
            {
                return new([.. found], null);
            }
        }

        return new([.. found], after);
    }
}
