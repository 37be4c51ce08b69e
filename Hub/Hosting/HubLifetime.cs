using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Sessions;

namespace Muster;

/// <summary>Lets devices in once everything has started, and ends their sessions first of all when the silo stops.</summary>
internal sealed partial class HubLifetime(
    HubState state, SessionTable table, IOptions<HubOptions> options, TimeProvider clock, ILogger<HubLifetime> logger) : IHostedLifecycleService
{
    /// <summary>Sessions closed in one step, so that their last words and detaches do not all come at once.</summary>
    private const int Step = 500;

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
        var closed = 0;
        foreach (var session in table.Snapshot())
        {
            session.Close(SessionEnd.SiloStopping);
            if (++closed % Step == 0)
            {
                await Task.Delay(Pause, clock, CancellationToken.None);
            }
        }

        await WaitForEndsAsync(cancellationToken);
        LogStopped(closed, table.Count + table.Ending);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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
