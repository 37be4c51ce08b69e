using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Telemetry;

namespace Muster.Placement;

/// <summary>
/// Sends device grains to the silo that the map names, some time after a silo joined: partition by partition, slowly, and no device that has a session.
/// Affinity only: to stay is correct as well. Begins anew with each change of the membership.
/// </summary>
internal sealed partial class Rebalancer(
    DeviceActivations activations, IGrainFactory grains, SiloMembership view, IOptions<RebalanceOptions> options, TimeProvider clock, ILogger<Rebalancer> logger)
    : BackgroundService
{
    private const int StepsPerSecond = 10;

    // A grain that would go stays if its placement does not know the newcomer's grains yet, or if it was busy.
    private const int Passes = 5;
    private static readonly TimeSpan BetweenPasses = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
        {
            return;
        }

        try
        {
            while (true)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                var moving = MoveAllAsync(stop.Token);
                await OwnersChangeAsync(stoppingToken);
                await stop.CancelAsync();
                await moving;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    // A silo that is suspected, or forgotten long after it died, changes the membership and not the map.
    private async Task OwnersChangeAsync(CancellationToken cancellationToken)
    {
        var names = view.Active.Values.ToHashSet();
        for (var change = view.NextChange; names.SetEquals(view.Active.Values); change = view.NextChange)
        {
            await change.WaitAsync(cancellationToken);
        }
    }

    private async Task MoveAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(options.Value.Delay, clock, cancellationToken);
            for (var pass = 1; pass <= Passes && await PassAsync(cancellationToken) is > 0 and var moved; pass++)
            {
                LogMoved(moved);
                await Task.Delay(BetweenPasses, clock, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogNotMoved(e);
        }
    }

    private async Task<int> PassAsync(CancellationToken cancellationToken)
    {
        var (owners, moved) = (view.Owners, 0);
        for (var partition = 0; partition < PartitionHash.VirtualPartitions; partition++)
        {
            if (owners.OwnerOf(partition) is { Length: > 0 } owner && owner != view.Local.Name)
            {
                moved += await MoveAsync(activations.WithoutSession(partition), cancellationToken);
            }
        }

        return moved;
    }

    private async Task<int> MoveAsync(string[] keys, CancellationToken cancellationToken)
    {
        var moved = 0;
        foreach (var step in keys.Chunk(options.Value.MovesPerSecond / StepsPerSecond))
        {
            var asked = await Task.WhenAll(step.Select(AskAsync));
            var going = asked.Count(static goes => goes);
            moved += going;
            await Task.Delay(TimeSpan.FromSeconds((double)going / options.Value.MovesPerSecond), clock, cancellationToken);
        }

        return moved;
    }

    private async Task<bool> AskAsync(string key)
    {
        try
        {
            return await grains.GetGrain<IMovable>(key).MoveAsync();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 1020, Level = LogLevel.Information, Message = "{Count} device grains go to the silos that have their partitions")]
    private partial void LogMoved(int count);

    [LoggerMessage(EventId = 1021, Level = LogLevel.Warning, Message = "Device grains stay where they are: the rebalance failed")]
    private partial void LogNotMoved(Exception exception);
}
