using Microsoft.Net.Http.Headers;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>
/// Whether the cluster was ever reached. Until then a gateway of its own answers 503 to everything but the question whether it lives: calls
/// would have nowhere to go.
/// </summary>
internal sealed class ClusterReach : IHostedLifecycleService
{
    private volatile bool reached;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After everything has started, the Orleans client among it.
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        reached = true;
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    internal Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (reached || context.Request.Path.StartsWithSegments("/health/live", StringComparison.Ordinal))
        {
            return next(context);
        }

        if (context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers[HeaderNames.RetryAfter] = "5";
            return context.Response.WriteAsync("not ready", context.RequestAborted);
        }

        return Refuse.With(context, new Refusal(HubErrorCode.ServiceUnavailable, "The cluster has not been reached yet. Try again.")).ExecuteAsync(context);
    }
}
