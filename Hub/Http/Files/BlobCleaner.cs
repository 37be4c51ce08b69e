using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Muster.Files;

/// <summary>Throws away, once an hour, what was uploaded and never committed.</summary>
/// <param name="store">Which blobs.</param>
/// <param name="lifetime">How long uncommitted blocks are kept.</param>
internal sealed partial class BlobCleaner(IBlobStore store, TimeSpan lifetime, TimeProvider clock, ILogger<BlobCleaner> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not at once: while it starts, a silo has better things to do.
        using var timer = new PeriodicTimer(FirstPeriod, clock);
        while (await IsDueAsync(timer, stoppingToken))
        {
            timer.Period = Period;
            await CleanAsync(stoppingToken);
        }
    }

    private async Task CleanAsync(CancellationToken stop)
    {
        try
        {
            await store.CleanAsync(clock.GetUtcNow() - lifetime, stop);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or OrleansException)
        {
            LogNotCleaned(fault);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next process goes on.
        }
    }

    private static async ValueTask<bool> IsDueAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 8042, Level = LogLevel.Warning, Message = "Uncommitted blocks could not be thrown away; the next try is in an hour")]
    private partial void LogNotCleaned(Exception fault);
}
