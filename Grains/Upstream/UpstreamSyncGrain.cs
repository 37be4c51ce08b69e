using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>
/// Runs one round at a time; what is asked for meanwhile is one more. A silo that dies takes its round along: its partitions' new owners ask again.
/// </summary>
[GrainType("upstream-sync")]
internal sealed partial class UpstreamSyncGrain(
    IServiceProvider services, IHostApplicationLifetime host, MirrorInstruments instruments, IOptions<PumpOptions> options, TimeProvider clock,
    ILogger<UpstreamSyncGrain> logger) : Grain, IUpstreamSyncGrain
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private string? asked;
    private bool isRunning;
    private long rounds;

    public Task AskAsync(string reason)
    {
        asked = reason;
        if (!isRunning && services.GetService<IUpstreamHub>() is { } hub)
        {
            isRunning = true;
            RunAsync(hub).Ignore();
        }

        return Task.CompletedTask;
    }

    public Task<long> CountRoundsAsync() => Task.FromResult(rounds);

    private async Task RunAsync(IUpstreamHub hub)
    {
        var stopping = host.ApplicationStopping;
        try
        {
            while (asked is { } reason && !stopping.IsCancellationRequested)
            {
                asked = null;
                LogBegins(reason);
                var round = ActivatorUtilities.CreateInstance<UpstreamRound>(services, hub);
                await RunAsync(round, stopping);
                rounds++;
                instruments.Completed(round.Foreign, clock.GetUtcNow());
                LogCompleted(round.ReadAgain, round.Foreign, round.Failed);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            isRunning = false;
        }
    }

    // A round that fails goes on where it was.
    private async Task RunAsync(UpstreamRound round, CancellationToken cancellationToken)
    {
        for (var retry = new RetryDelay(options.Value.MaxRetryDelay, clock); ;)
        {
            DelayDeactivation(Life);
            try
            {
                await round.RunAsync(retry.Reset, cancellationToken);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(e);
                await retry.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 6110, Level = LogLevel.Information, Message = "The fleet is compared with the upstream hub's, after {Reason}")]
    private partial void LogBegins(string reason);

    [LoggerMessage(EventId = 6111, Level = LogLevel.Information,
        Message = "The fleet was compared with the upstream hub's: {ReadAgain} devices were read again, {Foreign} are not of the upstream hub, "
            + "{Failed} could not be compared")]
    private partial void LogCompleted(long readAgain, long foreign, long failed);

    [LoggerMessage(EventId = 6112, Level = LogLevel.Warning, Message = "The comparison with the upstream hub was interrupted, and goes on after a pause")]
    private partial void LogFailed(Exception exception);
}
