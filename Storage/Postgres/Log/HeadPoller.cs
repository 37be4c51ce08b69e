using Microsoft.Extensions.Logging;

namespace Muster.Storage.Postgres.Log;

/// <summary>
/// One look at the heads after the other, for all partitions and all who wait: soon again after news, less often without. NOTIFY is not used,
/// for it makes commits wait for each other in the whole database.
/// </summary>
internal sealed partial class HeadPoller(PostgresLogContext context, HeadLookup lookup)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(80);
    private readonly ILogger logger = context.Logger;

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var (pause, failing) = (Shortest, false);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var news = await lookup.LookAsync(withFirst: false, cancellationToken);
                pause = news ? Shortest : TimeSpan.FromTicks(Math.Min(Longest.Ticks, 2 * pause.Ticks));
                if (failing)
                {
                    failing = false;
                    LogReadsAgain();
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (!failing)
                {
                    failing = true;
                    LogCannotRead(e.Message);
                }
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(pause, context.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 7126, Level = LogLevel.Error, Message = "The event log cannot be read from PostgreSQL, and it is tried again: {Reason}")]
    private partial void LogCannotRead(string reason);

    [LoggerMessage(EventId = 7127, Level = LogLevel.Information, Message = "The event log is read from PostgreSQL again")]
    private partial void LogReadsAgain();
}
