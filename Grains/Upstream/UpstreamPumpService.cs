using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Placement;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>
/// Runs a pump for each partition of the upstream hub that the membership gives to this silo; the owner of the first also takes the hub's queues over, and
/// asks for the rounds that are due by the clock. Rests where there is no such hub.
/// </summary>
internal sealed partial class UpstreamPumpService(
    IClusterMembershipService membership, ILocalSiloDetails silo, IServiceProvider services, IOptions<PumpOptions> options, TimeProvider clock,
    ILogger<UpstreamPumpService> logger) : BackgroundService
{
    private const int MaxPartitions = 128;
    private readonly Dictionary<int, RunningPump> running = [];
    private readonly List<Task> ending = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IUpstreamEvents>() is not { } events || services.GetService<IUpstreamHub>() is null)
        {
            return;
        }

        try
        {
            var partitions = await CountAsync(events, stoppingToken);
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                Run(PartitionsOf(snapshot, partitions));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            Run([]);
            await Task.WhenAll(ending);
        }
    }

    private async Task<int> CountAsync(IUpstreamEvents events, CancellationToken cancellationToken)
    {
        for (var retry = new RetryDelay(options.Value.MaxRetryDelay, clock); ;)
        {
            try
            {
                return Math.Clamp(await events.CountPartitionsAsync(cancellationToken), 1, MaxPartitions);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotReached(e);
                await retry.WaitAsync(cancellationToken);
            }
        }
    }

    private void Run(HashSet<int> wanted)
    {
        foreach (var (partition, pump) in running.Where(pump => !wanted.Contains(pump.Key)).ToList())
        {
            // Not waited for here: a pump may hang on a silo that is gone, and the checkpoint's epoch keeps it from doing harm.
            running.Remove(partition);
            ending.Add(pump.StopAsync());
        }

        ending.RemoveAll(static end => end.IsCompleted);
        foreach (var partition in wanted.Where(partition => !running.ContainsKey(partition)))
        {
            running.Add(partition, RunningPump.Start(stop => RunAsync(partition, stop)));
        }
    }

    private async Task RunAsync(int partition, CancellationToken cancellationToken)
    {
        var context = services.GetRequiredService<UpstreamContext>();
        var tasks = new List<Task> { new UpstreamPump(partition, context).RunAsync(cancellationToken) };
        if (partition == 0)
        {
            tasks.Add(AskByTheClockAsync(context, cancellationToken));
            if (services.GetService<IUpstreamQueues>() is { } queues)
            {
                tasks.AddRange(new[] { ServiceQueues.Feedback, ServiceQueues.FileNotifications }.Select(queue =>
                    new UpstreamQueuePump(queue, queues, context.Grains, context.Instruments, context.Pump, clock, logger).RunAsync(cancellationToken)));
            }
        }

        await Task.WhenAll(tasks);
    }

    private async Task AskByTheClockAsync(UpstreamContext context, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(context.Options.ReconcileEvery, clock, cancellationToken);
                await context.AskAsync("the clock");
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotAsked(e);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private HashSet<int> PartitionsOf(ClusterMembershipSnapshot snapshot, int partitions)
    {
        var names = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.Name).Order(StringComparer.Ordinal).ToList();
        return names.Contains(silo.Name)
            ? [.. Enumerable.Range(0, partitions).Where(partition => names[PartitionMap.OwnerOf(partition, names)] == silo.Name)]
            : [];
    }

    [LoggerMessage(EventId = 6107, Level = LogLevel.Warning, Message = "The upstream hub's events could not be reached; it is tried again")]
    private partial void LogNotReached(Exception exception);

    [LoggerMessage(EventId = 6108, Level = LogLevel.Warning, Message = "A comparison with the upstream hub that is due could not be asked for")]
    private partial void LogNotAsked(Exception exception);

    private sealed class RunningPump(Task task, CancellationTokenSource stop)
    {
        internal static RunningPump Start(Func<CancellationToken, Task> run)
        {
            var stop = new CancellationTokenSource();
            return new RunningPump(Task.Run(() => run(stop.Token)), stop);
        }

        internal async Task StopAsync()
        {
            await stop.CancelAsync();
            await task;
            stop.Dispose();
        }
    }
}
