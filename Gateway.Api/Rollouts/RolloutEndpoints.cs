using Microsoft.Net.Http.Headers;
using Muster.Calls;
using Muster.Errors;
using Muster.Gateway;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary><c>/api/v1/rollouts</c>: one release for chosen devices, group by group.</summary>
internal static class RolloutEndpoints
{
    internal const string Path = "/api/v1/rollouts";

    internal static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Path).WithTags("Rollouts").AddEndpointFilter<RolloutIdFilter>();
        MapPlans(group);
        MapReads(group);
        group.MapRolloutActions();
    }

    private static void MapPlans(RouteGroupBuilder group)
    {
        group.MapPost("", CreateRollout).WithName(nameof(CreateRollout)).WithSummary("Write the plan of a rollout, as a draft")
            .WithDescription("Nothing happens until it is submitted, approved and started. A field that is not known is refused.")
            .RequiresPrincipal(Roles.Author).Takes<RolloutRequest>(typeof(RolloutMessage)).Example(RolloutExamples.Create)
            .Answers<RolloutResponse>("The draft; its etag in ETag, its address in Location.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.RolloutAlreadyExists, HubErrorCode.TooManyRollouts);
        group.MapPut("/{id}", PutRollout).WithName(nameof(PutRollout)).WithSummary("Replace the plan of a rollout that was not started")
            .WithDescription("Approvals that were given are void, and it is a draft again.")
            .RequiresPrincipal(Roles.Author).TakesIfMatch().Takes<RolloutRequest>(typeof(RolloutMessage)).Example(RolloutExamples.Replace)
            .Answers<RolloutResponse>("The draft; its etag in ETag.")
            .MayRefuse(HubErrorCode.RolloutNotFound, HubErrorCode.RolloutStateInvalid, HubErrorCode.NotYourTurn, HubErrorCode.PreconditionFailed);
        group.MapPost("/{id}/plan", PlanRollout).WithName(nameof(PlanRollout)).WithSummary("Find what a rollout would do, and do nothing")
            .RequiresPrincipal().WithMetadata(new GrainCallKind(Repeat.Always))
            .TakesQuery("pageSize", "Devices in the page, 0 to 1000. Default 0.", typeof(int)).TakesQuery("continuation", "From the page before.", typeof(string))
            .Answers<PlanResponse>("Its members, exclusions, conflicts, bytes and the least time it takes.").MayRefuse(HubErrorCode.RolloutNotFound);
    }

    private static void MapReads(RouteGroupBuilder group)
    {
        group.MapGet("", ListRollouts).WithName(nameof(ListRollouts)).WithSummary("List rollouts, newest first")
            .RequiresPrincipal().TakesQuery("after", "The last id of the page before.", typeof(string))
            .TakesQuery("max", "How many at most, 1 to 100. Default 20.", typeof(int)).Answers<RolloutsResponse>("Some of them, without their plans.");
        group.MapGet("/{id}", GetRollout).WithName(nameof(GetRollout)).WithSummary("Read a rollout: how far it is, how fast, and how far from a halt")
            .WithDescription("Accept: text/plain answers a table for people.")
            .RequiresPrincipal().Answers<RolloutResponse>("The rollout; its etag in ETag.").MayRefuse(HubErrorCode.RolloutNotFound);
        group.MapGet("/{id}/devices", ListMembers).WithName(nameof(ListMembers)).WithSummary("List the members of a rollout")
            .RequiresPrincipal().TakesQuery("status", "Only those that stand there, such as failed.", typeof(string))
            .TakesQuery("after", "The last id of the page before.", typeof(string)).TakesQuery("max", "How many at most, 1 to 1000. Default 100.", typeof(int))
            .Answers<MembersResponse>("Some of them, by id.").MayRefuse(HubErrorCode.RolloutNotFound);
        group.MapGet("/{id}/events", WatchRollout).WithName(nameof(WatchRollout)).WithSummary("Watch a rollout: server-sent events until it is final")
            .WithDescription("Each event is named progress and holds the rollout as it stands, without its plan; at most one a second, and a comment "
                + "every 15 s. With the Last-Event-ID of a final one the answer is 204.")
            .RequiresPrincipal().TakesHeader("Last-Event-ID", "The id of the last event that was seen.", typeof(string))
            .Answers<RolloutResponse>("Progress.", contentType: RolloutEvents.ContentType).MayRefuse(HubErrorCode.RolloutNotFound);
    }

    private static async Task<IResult> CreateRollout(RequestBody<RolloutRequest> body, Actor actor, HttpResponse response, IGrainFactory grains)
    {
        var spec = body.Value.Spec;
        var id = body.Value.Id ?? RolloutIds.Make(spec.Name);
        var reply = await grains.Rollout(id).CreateAsync(spec, actor.Name);
        if (reply is not RolloutReply.Found)
        {
            return Answer(reply);
        }

        response.Headers.Location = $"{Path}/{id}";
        return Answer(reply, StatusCodes.Status201Created);
    }

    private static async Task<IResult> PutRollout(string id, RequestBody<RolloutRequest> body, Actor actor, HttpRequest request, IGrainFactory grains) =>
        body.Value.Id is { } given && given != id
            ? ApiProblems.From(new Refusal(HubErrorCode.ArgumentInvalid, $"id is {given} in the body and {id} in the path; a rollout keeps its id."))
            : Answer(await grains.Rollout(id).UpdateAsync(body.Value.Spec, actor.Name, ETags.IfMatch(request)));

    private static async Task<IResult> PlanRollout(string id, HttpRequest request, IGrainFactory grains)
    {
        var size = QueryNumber.Read("pageSize", request.Query["pageSize"], 0, 0, 1000);
        var continuation = request.Query["continuation"].ToString();
        if (size.Why is { } why)
        {
            return ApiProblems.From(why);
        }

        return await grains.Rollout(id).PlanAsync((int)size.Value, continuation.Length == 0 ? null : continuation) switch
        {
            PlanReply.Found found => HubJson.Ok(PlanResponse.From(found.Plan), RolloutJson.Default.PlanResponse),
            PlanReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    private static async Task<IResult> ListRollouts(HttpRequest request, IGrainFactory grains)
    {
        var page = PageQuery.Read(request, 20, 100);
        if (page.Why is { } why)
        {
            return ApiProblems.From(why);
        }

        var views = await grains.Rollouts().ListAsync(page.After, page.Max);
        return HubJson.Ok(
            new RolloutsResponse([.. views.Select(RolloutResponse.Summary)], views.Length == page.Max ? views[^1].Id : null), RolloutJson.Default.RolloutsResponse);
    }

    private static async Task<IResult> GetRollout(string id, HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        var reply = await grains.Rollout(id).GetAsync();
        http.Response.Headers[HeaderNames.Vary] = HeaderNames.Accept;
        return reply is RolloutReply.Found found && PlainText.IsWanted(http.Request)
            ? PlainText.Answer(RolloutText.Of(found.Rollout, time.GetUtcNow()), http.Response, found.Rollout.ETag)
            : Answer(reply);
    }

    private static async Task<IResult> ListMembers(string id, HttpRequest request, IGrainFactory grains)
    {
        var page = PageQuery.Read(request, 100, 1000);
        var word = request.Query["status"].ToString();
        var status = Words.Find<UpdateStatus>(word);
        var why = page.Why ?? (word.Length > 0 && status is null
            ? new Refusal(HubErrorCode.ArgumentInvalid, $"status must be one of {Words.All<UpdateStatus>()}.")
            : null);
        if (why is not null)
        {
            return ApiProblems.From(why);
        }

        var rollout = grains.Rollout(id);
        var members = await rollout.ListMembersAsync(status, page.After, page.Max);
        return members.IsEmpty && await rollout.GetAsync() is RolloutReply.Refused refused
            ? ApiProblems.From(refused.Why)
            : HubJson.Ok(
                new MembersResponse([.. members.Select(MemberResponse.From)], members.Length == page.Max ? members[^1].DeviceId : null),
                RolloutJson.Default.MembersResponse);
    }

    private static async Task<IResult> WatchRollout(string id, IGrainFactory grains) => await grains.Rollout(id).GetAsync() switch
    {
        RolloutReply.Found found => new RolloutEvents(found.Rollout),
        var refused => Answer(refused),
    };

    internal static IResult Answer(RolloutReply reply, int status = StatusCodes.Status200OK) => reply switch
    {
        RolloutReply.Found { Rollout: var rollout } =>
            new JsonAnswer<RolloutResponse>(RolloutResponse.Full(rollout), RolloutJson.Default.RolloutResponse, rollout.ETag) { StatusCode = status },
        RolloutReply.Refused refused => ApiProblems.From(refused.Why),
        _ => throw new NotSupportedException($"Unknown reply {reply}."),
    };
}
