using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Muster.Files;

/// <summary>Throws away, once an hour, what was uploaded and never committed.</summary>
internal sealed partial class BlobCleaner(IBlobStore store, IOptions<FilesOptions> options, TimeProvider clock, ILogger<BlobCleaner> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            try
            {
                await store.CleanAsync(clock.GetUtcNow() - options.Value.StagedLifetime, stoppingToken);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or OrleansException)
            {
                LogNotCleaned(fault);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
        while (await NextAsync(timer, stoppingToken));
    }

    private static async ValueTask<bool> NextAsync(PeriodicTimer timer, CancellationToken stop)
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
