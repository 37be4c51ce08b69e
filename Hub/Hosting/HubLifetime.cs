using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Sessions;

namespace Muster;

/// <summary>Lets devices in once everything has started, and ends their sessions first of all when the silo stops.</summary>
internal sealed partial class HubLifetime(
    HubState state, SessionTable table, DeviceListeners listeners, IOptions<HubOptions> options, TimeProvider clock, ILogger<HubLifetime> logger)
    : IHostedLifecycleService
{
    /// <summary>Sessions closed in one step at most, so that their last words and detaches do not all come at once.</summary>
    private const int Step = 500;

    /// <summary>The least: at 250 sessions a second nobody is hurt.</summary>
    private const int SmallStep = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        state.Open();
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.Close();

        // From here on a balancer finds the port shut and sends devices, also those that are closed below, elsewhere.
        await listeners.CloseAsync(cancellationToken);
        var (closed, step) = (0, StepFor(table.Count, options.Value.DrainTime));
        foreach (var session in table.Snapshot())
        {
            session.Close(SessionEnd.SiloStopping);
            if (++closed % step == 0 && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Pause, clock, CancellationToken.None);
            }
        }

        await WaitForEndsAsync(cancellationToken);
        LogStopped(closed, table.Count + table.Ending);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    internal static int StepFor(int sessions, TimeSpan drain) =>
        drain == TimeSpan.Zero ? Step : Math.Clamp((int)Math.Ceiling(sessions / (drain / Pause)), SmallStep, Step);

    private async Task WaitForEndsAsync(CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        while (table.Count + table.Ending > 0 && clock.GetElapsedTime(startedAt) < options.Value.StopTimeout && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, clock, CancellationToken.None);
        }
    }

    [LoggerMessage(EventId = 8030, Level = LogLevel.Information, Message = "{Count} sessions closed for the stop, {Left} of them not finished in time")]
    private partial void LogStopped(int count, int left);
}
