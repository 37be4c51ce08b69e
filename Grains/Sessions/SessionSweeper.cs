using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Calls;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Placement;

namespace Muster.Sessions;

/// <summary>
/// Ends the sessions of silos that are gone, for the rows whose partition this silo has: after each change of the membership until none is left, and
/// rarely besides. The device's grain ends exactly the session that was read, so that one which connected meanwhile stays.
/// </summary>
internal sealed partial class SessionSweeper(
    ISessionIndex index, IGrainFactory grains, SiloMembership view, IOptions<DeadlineOptions> options, TimeProvider clock, ILogger<SessionSweeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private readonly PacedCalls calls = new(options.Value.Concurrency, options.Value.CallsPerSecond, clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var change = view.NextChange;
                var isClean = await SweepAsync(stoppingToken);
                await Task.WhenAny(isClean ? change : Task.Delay(Again, clock, stoppingToken), Task.Delay(options.Value.SweepEvery, clock, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>True if no session of a silo that is gone was found in this silo's partitions.</summary>
    private async Task<bool> SweepAsync(CancellationToken cancellationToken)
    {
        var isClean = true;
        try
        {
            foreach (var silo in await index.ReadSilosAsync(cancellationToken))
            {
                if (await view.IsDeadAsync(silo, cancellationToken))
                {
                    isClean &= await SweepAsync(silo, cancellationToken);
                }
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotSwept(e);
            return false;
        }

        return isClean;
    }

    private async Task<bool> SweepAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        var (found, after, page) = (0, 0L, options.Value.Page);
        for (var isLast = false; !isLast;)
        {
            var rows = await index.ReadSessionsAsync(silo, after, page, cancellationToken);
            var mine = rows.Where(row => view.Owners.OwnerOf(row.Key.ToString()) == view.Local.Name).ToArray();
            await calls.ForEachAsync(mine, EndAsync, cancellationToken);
            found += mine.Length;
            after = rows is [.., var last] ? last.Id : after;
            isLast = rows.Length < page;
        }

        if (found > 0)
        {
            LogSwept(found, silo);
        }

        return found == 0;
    }

    private async Task EndAsync(SessionRow row)
    {
        try
        {
            await grains.GetGrain<IDeviceGrain>(row.Key.ToString()).DetachAsync(row.Session);
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogNotEnded(e, row.Key);
        }
    }

    [LoggerMessage(EventId = 8050, Level = LogLevel.Warning, Message = "Sessions of silos that are gone could not be looked for; they are again")]
    private partial void LogNotSwept(Exception exception);

    [LoggerMessage(EventId = 8051, Level = LogLevel.Information, Message = "{Count} sessions of {Silo}, which is gone, were ended")]
    private partial void LogSwept(int count, SiloAddress silo);

    [LoggerMessage(EventId = 8052, Level = LogLevel.Debug, Message = "The session of {DeviceId}, whose silo is gone, could not be ended; it is tried again")]
    private partial void LogNotEnded(Exception exception, DeviceKey deviceId);
}
