using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Calls;
using Muster.Devices;
using Muster.Placement;

namespace Muster.Deadlines;

/// <summary>
/// Calls the devices whose deadline has come, in the partitions that the map gives to this silo. A device that two silos call decides the second
/// time that nothing is due; one that could not be called stays due. Overload makes deadlines late, and loses none.
/// </summary>
internal sealed partial class DeadlineScanner(
    IDeadlineIndex index, IGrainFactory grains, SiloMembership view, IOptions<DeadlineOptions> options, TimeProvider clock, ILogger<DeadlineScanner> logger)
    : BackgroundService
{
    private const int PartitionsAtOnce = 64;
    private readonly PacedCalls calls = new(options.Value.Concurrency, options.Value.CallsPerSecond, clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ScanEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ScanAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task ScanAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var partitions in view.Owners.PartitionsOf(view.Local.Name).Chunk(PartitionsAtOnce))
            {
                var due = await index.ReadDueAsync(partitions, clock.GetUtcNow(), options.Value.Page, cancellationToken);
                await calls.ForEachAsync(due, CallAsync, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotScanned(e);
        }
    }

    private async Task CallAsync(DeviceKey key)
    {
        try
        {
            await grains.GetGrain<IDeviceGrain>(key.ToString()).OnDeadlineAsync();
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogNotCalled(e, key);
        }
    }

    [LoggerMessage(EventId = 1010, Level = LogLevel.Warning, Message = "The store could not say what is due; it is asked again")]
    private partial void LogNotScanned(Exception exception);

    [LoggerMessage(EventId = 1011, Level = LogLevel.Debug, Message = "Device {DeviceId} could not be told that its deadline has come; it is told again")]
    private partial void LogNotCalled(Exception exception, DeviceKey deviceId);
}
