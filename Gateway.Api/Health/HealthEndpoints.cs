using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Fleet;
using Muster.Gateway;

namespace Muster.Health;

/// <summary><c>/health</c>: for balancers and supervisors, without credentials.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(2);

    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health");
        health.MapGet("/live", GetLive).WithName(nameof(GetLive)).WithSummary("The process runs").Answers<string>("It does.", contentType: "text/plain");
        health.MapGet("/ready", GetReady).WithName(nameof(GetReady)).WithSummary("The cluster answers within 2 seconds, reaches its store, and this process is not about to stop")
            .Answers<string>("It does.", contentType: "text/plain")
            .Answers<string>("It does not.", StatusCodes.Status503ServiceUnavailable, "text/plain");
    }

    private static ContentHttpResult GetLive() => TypedResults.Text("live");

    private static async Task<ContentHttpResult> GetReady(IGrainFactory grains, IHostApplicationLifetime host, TimeProvider time)
    {
        if (host.ApplicationStopping.IsCancellationRequested)
        {
            // Still answering, but new connections had better go elsewhere.
            return TypedResults.Text("stopping", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            await grains.Fleet().PingAsync().WaitAsync(ReadyWithin, time);
            return TypedResults.Text("ready");
        }
        catch (FleetBusyException)
        {
            // Queries that wait their turn keep no device out.
            return TypedResults.Text("ready");
        }
        catch (Exception fault) when (fault is OrleansException or TimeoutException or OperationCanceledException)
        {
            return TypedResults.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
