using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
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
        Answer(await grains.Routing().PutRouteAsync(name, body.Value.ToSpec(), RoutingConditions.Of(request)));

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

/// <summary><c>/api/v1/endpoints</c>: where events can go.</summary>
internal static class EndpointEndpoints
{
    private const int DefaultMax = 20;
    private const int LargestMax = 100;

    internal static void MapEndpoints(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/endpoints").WithTags("Endpoints");
        group.MapGet("", ListEndpoints).WithName(nameof(ListEndpoints)).WithSummary("List the endpoints, with how deliveries to them go")
            .Requires(AccessRights.ServiceConnect).Answers<EndpointResponse[]>("All endpoints, by name.");
        group.MapGet("/{name}", GetEndpoint).WithName(nameof(GetEndpoint)).WithSummary("Read an endpoint, with how deliveries to it go")
            .Requires(AccessRights.ServiceConnect).Answers<EndpointResponse>("The endpoint.").MayRefuse(HubErrorCode.EndpointNotFound);
        group.MapPut("/{name}", PutEndpoint).WithName(nameof(PutEndpoint)).WithSummary("Make or replace an endpoint")
            .WithDescription("Secrets are write-only: absent, the one that was there is kept. There are at most 100 endpoints.")
            .Requires(AccessRights.RegistryWrite).Takes<EndpointRequest>().TakesIfMatch().TakesIfNoneMatch()
            .Answers<EndpointResponse>("The endpoint as it is now.").Answers<EndpointResponse>("The endpoint, which is new.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.TooManyEndpoints, HubErrorCode.PreconditionFailed);
        group.MapDelete("/{name}", DeleteEndpoint).WithName(nameof(DeleteEndpoint)).WithSummary("Delete an endpoint and its dead letters")
            .Requires(AccessRights.RegistryWrite).TakesIfMatch().AnswersNothing("It is gone.")
            .MayRefuse(HubErrorCode.EndpointNotFound, HubErrorCode.EndpointInUse, HubErrorCode.PreconditionFailed);
        group.MapGet("/{name}/dead-letters", ListDeadLetters).WithName(nameof(ListDeadLetters)).WithSummary("Read the events that an endpoint did not take")
            .Requires(AccessRights.ServiceConnect).TakesQuery("after", "From the page before.", typeof(string))
            .TakesQuery("max", "How many at most, 1 to 100. Default 20.", typeof(int))
            .Answers<DeadLettersResponse>("Some of them.").MayRefuse(HubErrorCode.EndpointNotFound);
        group.MapDelete("/{name}/dead-letters", ClearDeadLetters).WithName(nameof(ClearDeadLetters)).WithSummary("Forget the events that an endpoint did not take")
            .Requires(AccessRights.RegistryWrite).AnswersNothing("They are gone.").MayRefuse(HubErrorCode.EndpointNotFound);
    }

    private static async Task<JsonAnswer<EndpointResponse[]>> ListEndpoints(IGrainFactory grains) =>
        HubJson.Ok([.. (await grains.Routing().ListEndpointsAsync()).Select(EndpointResponse.From)], RoutingJson.Default.EndpointResponseArray);

    private static async Task<IResult> GetEndpoint(string name, IGrainFactory grains) => Answer(await grains.Routing().GetEndpointAsync(name));

    private static async Task<IResult> PutEndpoint(string name, RequestBody<EndpointRequest> body, HttpRequest request, IGrainFactory grains) =>
        Answer(await grains.Routing().PutEndpointAsync(name, body.Value.ToSpec(), RoutingConditions.Of(request)));

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteEndpoint(string name, HttpRequest request, IGrainFactory grains) =>
        await grains.Routing().DeleteEndpointAsync(name, ETags.IfMatch(request)) is { } why ? ApiProblems.From(why) : TypedResults.NoContent();

    private static async Task<IResult> ListDeadLetters(string name, HttpRequest request, IGrainFactory grains)
    {
        var max = QueryNumber.Read("max", request.Query["max"], DefaultMax, 1, LargestMax);
        var after = request.Query["after"].ToString();
        if (max.Why is { } why)
        {
            return ApiProblems.From(why);
        }

        if (!TryPosition(after, out var position))
        {
            return ApiProblems.From(new Refusal(HubErrorCode.ArgumentInvalid, "after must be what the page before gave as next."));
        }

        return await grains.Routing().ListDeadLettersAsync(name, position, (int)max.Value) switch
        {
            DeadLetterReply.Found found => HubJson.Ok(DeadLettersResponse.From(found.Page), RoutingJson.Default.DeadLettersResponse),
            DeadLetterReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ClearDeadLetters(string name, IGrainFactory grains) =>
        await grains.Routing().ClearDeadLettersAsync(name) is { } why ? ApiProblems.From(why) : TypedResults.NoContent();

    private static bool TryPosition(string after, out DeadLetterPosition? position)
    {
        position = null;
        if (after.Length == 0)
        {
            return true;
        }

        var dash = after.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !int.TryParse(after.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            || !long.TryParse(after.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            return false;
        }

        position = new DeadLetterPosition(partition, offset);
        return true;
    }

    private static IResult Answer(EndpointReply reply) => reply switch
    {
        EndpointReply.Found found => new JsonAnswer<EndpointResponse>(EndpointResponse.From(found.Endpoint), RoutingJson.Default.EndpointResponse, found.Endpoint.ETag)
        {
            StatusCode = found.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK,
        },
        EndpointReply.Refused refused => ApiProblems.From(refused.Why),
        _ => throw new NotSupportedException($"Unknown reply {reply}."),
    };
}

/// <summary>What a request says must hold.</summary>
internal static class RoutingConditions
{
    internal static RoutingCondition Of(HttpRequest request) =>
        new(ETags.IfMatch(request), IfNew: ETags.Parse(request.Headers[HeaderNames.IfNoneMatch].ToString()) == "*");

    internal static RouteHandlerBuilder TakesIfNoneMatch(this RouteHandlerBuilder route) =>
        route.TakesHeader("If-None-Match", "* for: only if there is none of that name.", typeof(string));
}
