using Microsoft.Extensions.Hosting;

namespace Muster.Sessions;

/// <summary>Turns the silo's <see cref="TimerWheel"/>.</summary>
internal sealed class WheelService(TimerWheel wheel, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimerWheel.Tick, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                wheel.Advance();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
