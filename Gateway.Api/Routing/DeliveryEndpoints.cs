using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Routing;

/// <summary><c>/api/v1/endpoints</c>: where events can go.</summary>
internal static class DeliveryEndpoints
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
        Answer(await grains.Routing().PutEndpointAsync(name, body.Value.ToSpec(), RoutingPreconditions.Of(request)));

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
