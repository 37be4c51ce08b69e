using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Calls;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Routing;

/// <summary><c>/api/v1/routes</c>: which events go where.</summary>
internal static class RouteEndpoints
{
    internal static void MapRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/routes").WithTags("Routes");
        group.MapGet("", ListRoutes).WithName(nameof(ListRoutes)).WithSummary("List the routes, with how their deliveries go")
            .Requires(AccessRights.ServiceConnect).Answers<RouteResponse[]>("All routes, by name.");
        group.MapGet("/{name}", GetRoute).WithName(nameof(GetRoute)).WithSummary("Read a route, with how its deliveries go")
            .Requires(AccessRights.ServiceConnect).Answers<RouteResponse>("The route.").MayRefuse(HubErrorCode.RouteNotFound);
        group.MapPut("/{name}", PutRoute).WithName(nameof(PutRoute)).WithSummary("Make or replace a route")
            .WithDescription("A new route, one that was off and one that goes to another endpoint or has another source take the events from now on. There are at most 100.")
            .Requires(AccessRights.RegistryWrite).Takes<RouteRequest>().TakesIfMatch().TakesIfNoneMatch()
            .Answers<RouteResponse>("The route as it is now.").Answers<RouteResponse>("The route, which is new.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.TooManyRoutes, HubErrorCode.PreconditionFailed);
        group.MapDelete("/{name}", DeleteRoute).WithName(nameof(DeleteRoute)).WithSummary("Delete a route")
            .Requires(AccessRights.RegistryWrite).TakesIfMatch().AnswersNothing("It is gone.")
            .MayRefuse(HubErrorCode.RouteNotFound, HubErrorCode.PreconditionFailed);
        group.MapPost("/test", TestRoutes).WithName(nameof(TestRoutes)).WithSummary("Say which routes would take a message, and send nothing")
            .Requires(AccessRights.ServiceConnect).Takes<RouteTestRequest>().WithMetadata(new GrainCallKind(Repeat.Always))
            .Answers<RouteTestResponse>("The routes that would take it.");
    }

    private static async Task<JsonAnswer<RouteResponse[]>> ListRoutes(IGrainFactory grains) =>
        HubJson.Ok([.. (await grains.Routing().ListRoutesAsync()).Select(RouteResponse.From)], RoutingJson.Default.RouteResponseArray);

    private static async Task<IResult> GetRoute(string name, IGrainFactory grains) => Answer(await grains.Routing().GetRouteAsync(name));

    private static async Task<IResult> PutRoute(string name, RequestBody<RouteRequest> body, HttpRequest request, IGrainFactory grains) =>
        Answer(await grains.Routing().PutRouteAsync(name, body.Value.ToSpec(), RoutingPreconditions.Of(request)));

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteRoute(string name, HttpRequest request, IGrainFactory grains) =>
        await grains.Routing().DeleteRouteAsync(name, ETags.IfMatch(request)) is { } why ? ApiProblems.From(why) : TypedResults.NoContent();

    private static async Task<JsonAnswer<RouteTestResponse>> TestRoutes(RequestBody<RouteTestRequest> body, IGrainFactory grains)
    {
        var result = await grains.Routing().TestAsync(body.Value.ToTest());
        return HubJson.Ok(new RouteTestResponse([.. result.Matches.Select(RouteResponse.From)], result.BodyIsReadable), RoutingJson.Default.RouteTestResponse);
    }

    private static IResult Answer(RouteReply reply) => reply switch
    {
        RouteReply.Found found => new JsonAnswer<RouteResponse>(RouteResponse.From(found.Route), RoutingJson.Default.RouteResponse, found.Route.ETag)
        {
            StatusCode = found.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK,
        },
        RouteReply.Refused refused => ApiProblems.From(refused.Why),
        _ => throw new NotSupportedException($"Unknown reply {reply}."),
    };
}
