using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Placement;

namespace Muster.Telemetry;

/// <summary>Runs a pump for each event partition that the membership gives to this silo, and stops those that it gives to others.</summary>
internal sealed partial class PartitionPumpService(
    IClusterMembershipService membership, ILocalSiloDetails silo, IServiceProvider services, IOptions<PumpOptions> options, ILogger<PartitionPumpService> logger)
    : BackgroundService
{
    private readonly Dictionary<int, RunningPump> running = [];
    private readonly List<Task> ending = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
        {
            LogPaused();
            return;
        }

        if (services.GetService<IEventLog>() is null || services.GetService<ICheckpointStore>() is null)
        {
            LogNothingToPump();
            return;
        }

        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                Run(PartitionsOf(snapshot));
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
            running.Add(partition, RunningPump.Start(new PartitionPump(partition, services.GetRequiredService<PumpContext>())));
        }
    }

    private HashSet<int> PartitionsOf(ClusterMembershipSnapshot snapshot)
    {
        var names = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.Name).Order(StringComparer.Ordinal).ToList();
        return names.Contains(silo.Name)
            ? [.. Enumerable.Range(0, PartitionHash.EventPartitions).Where(partition => names[PartitionMap.OwnerOf(partition, names)] == silo.Name)]
            : [];
    }

    [LoggerMessage(EventId = 6004, Level = LogLevel.Warning, Message = "The partition pumps are switched off (Pump:Enabled): telemetry stays in the log")]
    private partial void LogPaused();

    [LoggerMessage(EventId = 6005, Level = LogLevel.Warning, Message = "This silo has no event log or no checkpoint store: no partition pump runs")]
    private partial void LogNothingToPump();

    private sealed class RunningPump(Task task, CancellationTokenSource stop)
    {
        internal static RunningPump Start(PartitionPump pump)
        {
            var stop = new CancellationTokenSource();
            return new RunningPump(Task.Run(() => pump.RunAsync(stop.Token)), stop);
        }

        internal async Task StopAsync()
        {
            await stop.CancelAsync();
            await task;
            stop.Dispose();
        }
    }
}
