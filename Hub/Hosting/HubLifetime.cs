using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Amqp;
using Muster.Sessions;

namespace Muster;

/// <summary>Lets devices in once everything has started, and ends their sessions first of all when the silo stops.</summary>
internal sealed partial class HubLifetime(
    HubState state, SessionTable table, Connections amqp, DeviceListeners listeners, IOptions<HubOptions> options, TimeProvider clock, ILogger<HubLifetime> logger)
    : IHostedLifecycleService
{
    /// <summary>Sessions closed in one step at most, so that their last words and detaches do not all come at once.</summary>
    private const int Step = 500;

    /// <summary>The least: at 250 sessions a second nobody is hurt.</summary>
    private const int SmallStep = 5;

    private static readonly LinkError Stopping = new(LinkConditions.ConnectionForced, "The hub's node stops; connect again.");

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private int Left => table.Count + table.Ending + amqp.Count;

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
        Action[] ends = [.. table.Snapshot().Select(static session => (Action)(() => session.Close(SessionEnd.SiloStopping))),
            .. amqp.Snapshot().Select(static peer => (Action)(() => peer.Close(Stopping)))];
        var (closed, step) = (0, StepFor(ends.Length, options.Value.DrainTime));
        foreach (var end in ends)
        {
            end();
            if (++closed % step == 0 && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Pause, clock, CancellationToken.None);
            }
        }

        await WaitForEndsAsync(cancellationToken);
        LogStopped(closed, Left);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    internal static int StepFor(int sessions, TimeSpan drain) =>
        drain == TimeSpan.Zero ? Step : Math.Clamp((int)Math.Ceiling(sessions / (drain / Pause)), SmallStep, Step);

    private async Task WaitForEndsAsync(CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        while (Left > 0 && clock.GetElapsedTime(startedAt) < options.Value.StopTimeout && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, clock, CancellationToken.None);
        }
    }

    [LoggerMessage(EventId = 8030, Level = LogLevel.Information, Message = "{Count} sessions and AMQP connections closed for the stop, {Left} of them not finished in time")]
    private partial void LogStopped(int count, int left);
}
