using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Muster.Rollouts;

/// <summary>Sees that rollouts go on: after a restart of everything, too, nobody else would wake them.</summary>
internal sealed partial class RolloutWatch(IGrainFactory grains, IOptions<RolloutOptions> options, TimeProvider clock, ILogger<RolloutWatch> logger) : BackgroundService
{
    private bool isCutOff;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.TickEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TickAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<IRolloutsGrain>(0).TickAsync().WaitAsync(stoppingToken);
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

    [LoggerMessage(EventId = 8252, Level = LogLevel.Warning, Message = "Rollouts cannot be looked at; it is tried again")]
    private partial void LogCutOff(Exception exception);
}
