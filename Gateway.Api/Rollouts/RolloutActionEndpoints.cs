using Muster.Errors;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>What is done with a rollout, by whom.</summary>
internal static class RolloutActionEndpoints
{
    internal static void MapRolloutActions(this RouteGroupBuilder group)
    {
        Describe(group.MapPost("/{id}/submit", SubmitRollout), nameof(SubmitRollout), "Submit a draft to those who have to approve it", Roles.Author);
        Describe(group.MapPost("/{id}/withdraw", WithdrawRollout), nameof(WithdrawRollout), "Put a rollout that was not started away for good", Roles.Author);
        Describe(group.MapPost("/{id}/start", StartRollout), nameof(StartRollout), "Start an approved rollout, or set it to its time", Roles.Operator)
            .MayRefuse(HubErrorCode.ReleaseNotFound, HubErrorCode.ReleasePinned, HubErrorCode.PlanChanged);
        Describe(group.MapPost("/{id}/resume", ResumeRollout), nameof(ResumeRollout), "Let a rollout go on, or open its next group", Roles.Operator);
        Describe(group.MapPost("/{id}/pause", PauseRollout), nameof(PauseRollout), "Pause a rollout", Roles.Operator)
            .Takes<PauseRequest>().Example(RolloutExamples.Pause);
        Describe(group.MapPost("/{id}/abort", AbortRollout), nameof(AbortRollout), "End a rollout: nothing new begins, what installs finishes", Roles.Operator)
            .Takes<ReasonRequest>().Example(RolloutExamples.Abort);
        Describe(group.MapPost("/{id}/rollback", RollBackRollout), nameof(RollBackRollout), "Take the devices that were touched back to what they ran", Roles.Operator)
            .Takes<ReasonRequest>().Example(RolloutExamples.RollBack);
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary, string role) => route
        .WithName(name).WithSummary(summary).RequiresPrincipal(role).TakesIfMatch().Answers<RolloutResponse>("The rollout as it is now; its etag in ETag.")
        .MayRefuse(
            HubErrorCode.RolloutNotFound, HubErrorCode.RolloutStateInvalid, HubErrorCode.NotYourTurn, HubErrorCode.TooManyRollouts,
            HubErrorCode.PreconditionFailed);

    private static async Task<IResult> SubmitRollout(string id, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).SubmitAsync(actor.Name, ETags.IfMatch(request)));

    private static async Task<IResult> WithdrawRollout(string id, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).WithdrawAsync(actor.Name, ETags.IfMatch(request)));

    private static async Task<IResult> StartRollout(string id, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).StartAsync(actor.Name, ETags.IfMatch(request)));

    private static async Task<IResult> ResumeRollout(string id, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).ResumeAsync(actor.Name, ETags.IfMatch(request)));

    private static async Task<IResult> PauseRollout(string id, RequestBody<PauseRequest> body, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).PauseAsync(actor.Name, body.Value.Value, ETags.IfMatch(request)));

    private static async Task<IResult> AbortRollout(string id, RequestBody<ReasonRequest> body, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).AbortAsync(actor.Name, body.Value.Reason, ETags.IfMatch(request)));

    private static async Task<IResult> RollBackRollout(string id, RequestBody<ReasonRequest> body, Actor actor, HttpRequest request, IGrainFactory grains) =>
        RolloutEndpoints.Answer(await grains.Rollout(id).RollBackAsync(actor.Name, body.Value.Reason, ETags.IfMatch(request)));
}
