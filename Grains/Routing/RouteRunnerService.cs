using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.Placement;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>Follows the routes, and runs a consumer for each endpoint and each event partition that the membership gives to this silo.</summary>
internal sealed partial class RouteRunnerService(
    SiloMembership membership, IGrainFactory grains, CurrentRoutes routes, DeliveryStatistics statistics, IServiceProvider services, ILogger<RouteRunnerService> logger)
    : BackgroundService
{
    private readonly Dictionary<string, RunningEndpoint> running = new(StringComparer.Ordinal);
    private readonly List<Task> ending = [];
    private RouteContext? context;
    private RoutingState? state;
    private bool isCutOff;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IEventLog>() is null || services.GetService<ICheckpointStore>() is null || services.GetService<IEndpointSinks>() is null)
        {
            LogNothingToRun();
            return;
        }

        context = services.GetRequiredService<RouteContext>();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await FollowAsync(stoppingToken);
                Run();
                await WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            ending.AddRange(running.Values.Select(static endpoint => endpoint.StopAsync()));
            await Task.WhenAll(ending);
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(Task.Delay(context!.Options.RefreshEvery, context.Clock, wake.Token), membership.NextChange);
        await wake.CancelAsync();
        stoppingToken.ThrowIfCancellationRequested();
    }

    // A silo that cannot ask goes on with what it knows.
    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        try
        {
            var report = statistics.Report(state);
            if (await grains.GetGrain<IRoutePlanGrain>(0).SyncAsync(membership.Local.Name, routes.Plan.Revision, report).WaitAsync(stoppingToken) is { } changed)
            {
                (state, routes.Plan) = (changed, RoutePlan.Of(changed));
            }

            isCutOff = false;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            if (!isCutOff)
            {
                LogCutOff(e);
            }

            isCutOff = true;
        }
    }

    private void Run()
    {
        ending.RemoveAll(static end => end.IsCompleted);
        var owners = membership.Owners;
        var partitions = Enumerable.Range(0, PartitionHash.EventPartitions).Where(partition => owners.OwnerOf(partition) == membership.Local.Name).ToHashSet();
        var wanted = routes.Plan.Carried.ToDictionary(static plan => plan.Endpoint.Name, StringComparer.Ordinal);
        foreach (var (name, endpoint) in running.ToList())
        {
            if (wanted.GetValueOrDefault(name)?.Signature != endpoint.Signature)
            {
                running.Remove(name);
                ending.Add(endpoint.StopAsync());
            }
        }

        foreach (var (name, plan) in wanted)
        {
            if ((running.GetValueOrDefault(name) ?? Start(plan)) is { } endpoint)
            {
                running[name] = endpoint;
                endpoint.Run(partitions);
            }
        }
    }

    private RunningEndpoint? Start(EndpointPlan plan)
    {
        try
        {
            var (name, spec) = (plan.Endpoint.Name, plan.Endpoint.Spec);
            return new RunningEndpoint(plan, services.GetRequiredService<IEndpointSinks>().Create(name, spec, Secret(plan.Endpoint)), context!);
        }
        catch (Exception e)
        {
            statistics.Retried(plan.Endpoint.Name, e is CryptographicException ? "The endpoint's secret cannot be read: give it anew." : e.Message);
            LogNotStarted(e, plan.Endpoint.Name);
            return null;
        }
    }

    private string? Secret(StoredEndpoint endpoint) => endpoint.ProtectedSecret.IsEmpty
        ? null
        : Encoding.UTF8.GetString(services.GetRequiredService<ISecretProtector>().Unprotect(endpoint.ProtectedSecret.AsSpan()));

    [LoggerMessage(EventId = 6206, Level = LogLevel.Warning, Message = "This silo has no event log, no checkpoint store or nothing that reaches endpoints: no route runs")]
    private partial void LogNothingToRun();

    [LoggerMessage(EventId = 6207, Level = LogLevel.Warning, Message = "The routes cannot be asked for; those that are known go on")]
    private partial void LogCutOff(Exception exception);

    [LoggerMessage(EventId = 6208, Level = LogLevel.Error, Message = "Endpoint {Endpoint} cannot be carried to as it is set; it is tried again")]
    private partial void LogNotStarted(Exception exception, string endpoint);
}
