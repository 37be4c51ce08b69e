using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Calls;
using Muster.Errors;
using Muster.Fleet;
using Muster.Gateway;

namespace Muster.Query;

/// <summary>A query.</summary>
internal sealed record QueryRequest : IRequestMessage<QueryRequest>
{
    public static int MaxBytes => 64 * 1024;

    /// <summary>In IoT Hub's query language, at most 8192 characters: <c>SELECT * FROM devices WHERE tags.site = 'north'</c>.</summary>
    public string? Query { get; init; }

    public static QueryRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ApiJson.Default.QueryRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) =>
        string.IsNullOrWhiteSpace(Query) ? new Refusal(HubErrorCode.ArgumentInvalid, "The body must be an object with a query.") : null;
}

/// <summary><c>POST /devices/query</c>: IoT Hub's query language over twins.</summary>
internal static class QueryEndpoints
{
    internal const string Continuation = "x-ms-continuation";
    internal const string MaxItemCount = "x-ms-max-item-count";
    internal const string ItemType = "x-ms-item-type";
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    internal static void MapQuery(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/devices/query", QueryTwins).WithTags("Query").WithName(nameof(QueryTwins)).WithSummary("Query twins, a page at a time")
            .WithDescription("The answer carries x-ms-continuation while more remains, to be sent back with the same query, and x-ms-item-type: Twin or Raw.")
            .Requires(AccessRights.ServiceConnect).Takes<QueryRequest>().WithMetadata(new GrainCallKind(Repeat.Always))
            .TakesHeader(MaxItemCount, "How many items a page may have, 1 to 1000. Default 100.", typeof(int))
            .TakesHeader(Continuation, "From the page before.", typeof(string))
            .Answers<JsonElement[]>("Twins, or the objects that the query selects.");

    private static async Task<Results<QueryAnswer, HubError>> QueryTwins(RequestBody<QueryRequest> body, HttpRequest request, IGrainFactory grains)
    {
        var size = QueryNumber.Read(MaxItemCount, request.Headers[MaxItemCount], DefaultPageSize, 1, MaxPageSize);
        if (size.Why is { } why)
        {
            return new HubError(why);
        }

        var continuation = request.Headers[Continuation].ToString();
        return await grains.Fleet().QueryAsync(body.Value.Query!, (int)size.Value, continuation.Length == 0 ? null : continuation) switch
        {
            QueryReply.Found found => new QueryAnswer(found.Page),
            QueryReply.Refused refused => new HubError(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }
}

/// <summary>A page; the continuation header is there only while more remains, since an empty one makes SDKs loop.</summary>
internal sealed class QueryAnswer(QueryPage page) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers[QueryEndpoints.ItemType] = page.ItemType.ToString();
        if (!string.IsNullOrEmpty(page.Continuation))
        {
            httpContext.Response.Headers[QueryEndpoints.Continuation] = page.Continuation;
        }

        return HubJson.Ok(page.Items).ExecuteAsync(httpContext);
    }
}
