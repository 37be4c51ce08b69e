using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Gateway;

namespace Muster.Telemetry;

/// <summary><c>/api/v1/events</c>: the event log, read back.</summary>
internal static class EventEndpoints
{
    private const int DefaultMax = 100;
    private const int LargestMax = 1000;

    internal static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/api/v1/events").WithTags("Events");
        events.MapGet("", ReadEvents).WithName(nameof(ReadEvents)).WithSummary("Read events of a partition from an offset on")
            .WithDescription("One JSON object per line. A page may end before max; it is empty where there is nothing yet. Go on from the last offset plus one.")
            .Requires(AccessRights.ServiceConnect).TakesQuery("partition", "0 to 31.", typeof(int), required: true)
            .TakesQuery("from", "The first offset wanted; the oldest there is, if that was trimmed. Default 0.", typeof(long))
            .TakesQuery("max", "How many at most, 1 to 1000. Default 100.", typeof(int))
            .Answers<EventLine>("The events, a line each.", contentType: EventsAnswer.ContentType);
        events.MapGet("/partitions", ListPartitions).WithName(nameof(ListPartitions)).WithSummary("List the partitions of the event log")
            .Requires(AccessRights.ServiceConnect).Answers<PartitionResponse[]>("All partitions, in order.");
    }

    private static async Task<Results<EventsAnswer, ProblemHttpResult>> ReadEvents(HttpRequest request, IGrainFactory grains)
    {
        var partition = QueryNumber.Read("partition", request.Query["partition"], null, 0, PartitionHash.EventPartitions - 1);
        var from = QueryNumber.Read("from", request.Query["from"], 0, 0, long.MaxValue);
        var max = QueryNumber.Read("max", request.Query["max"], DefaultMax, 1, LargestMax);
        return (partition.Why ?? from.Why ?? max.Why) is { } why
            ? ApiProblems.From(why)
            : new EventsAnswer(await grains.Events().ReadAsync((int)partition.Value, from.Value, (int)max.Value));
    }

    private static async Task<JsonAnswer<PartitionResponse[]>> ListPartitions(IGrainFactory grains) =>
        HubJson.Ok([.. (await grains.Events().DescribeAsync()).Select(PartitionResponse.From)], ApiJson.Default.PartitionResponseArray);
}

/// <summary>Events as JSON lines, flushed one by one so that a page is never held as text.</summary>
internal sealed class EventsAnswer(ImmutableArray<StoredEvent> events) : IResult, IStatusCodeHttpResult
{
    internal const string ContentType = "application/x-ndjson";

    public int? StatusCode => StatusCodes.Status200OK;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = ContentType;
        var body = httpContext.Response.BodyWriter;
        foreach (var stored in events)
        {
            JsonSerializer.Serialize(new Utf8JsonWriter(body), EventLine.From(stored), ApiJson.Default.EventLine);
            await body.WriteAsync("\n"u8.ToArray(), httpContext.RequestAborted);
        }
    }
}
