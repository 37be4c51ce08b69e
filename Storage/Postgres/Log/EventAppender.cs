using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres.Log;

/// <summary>
/// Writes some of the partitions over one connection, a commit at a time: what came meanwhile is the next one, so that commits grow with the
/// load and nothing lingers without it.
/// </summary>
internal sealed partial class EventAppender
{
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);
    private readonly Channel<PartitionAppends> due = Channel.CreateUnbounded<PartitionAppends>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AppendRound round = new();
    private readonly PostgresLogContext context;
    private readonly PartitionHead[] heads;
    private readonly EventSegments segments;
    private readonly ILogger logger;
    private readonly Task running;
    private List<PartitionAppends> again = [];
    private AppendStatement? statement;
    private bool failing;

    internal EventAppender(PostgresLogContext context, PartitionHead[] heads, EventSegments segments)
    {
        (this.context, this.heads, this.segments, logger) = (context, heads, segments, context.Logger);
        running = Task.Run(RunAsync);
    }

    internal void Schedule(PartitionAppends partition) => due.Writer.TryWrite(partition);

    /// <summary>Completes once all that was due is committed or refused.</summary>
    internal Task CloseAsync()
    {
        due.Writer.TryComplete();
        return running;
    }

    private async Task RunAsync()
    {
        while (again.Count > 0 || await due.Reader.WaitToReadAsync())
        {
            Gather();
            if (!round.IsEmpty)
            {
                round.Seal();
                var failure = await CommitAsync();
                round.Settle(failure is null ? null : () => new EventLogException($"The event log could not write: {failure.Message}", failure));
            }
        }

        await CloseStatementAsync();
    }

    private void Gather()
    {
        var earlier = again;
        again = [];
        earlier.ForEach(Move);
        while (!round.IsFull && due.Reader.TryRead(out var partition))
        {
            Move(partition);
        }

        void Move(PartitionAppends partition)
        {
            if (round.IsFull || !partition.MoveTo(round))
            {
                again.Add(partition);
            }
        }
    }

    /// <summary>Null if the round is committed. What surely was not is tried again for a while; what may have been is left to who sent it.</summary>
    private async Task<Exception?> CommitAsync()
    {
        var giveUpAt = context.Clock.GetUtcNow() + RetryFor;
        for (var prepared = false; ;)
        {
            var sent = false;
            try
            {
                statement ??= await AppendStatement.OpenAsync(context.Source);
                sent = true;
                await statement.RunAsync(round, context.Clock.GetUtcNow().UtcTicks, heads);
                Succeeded();
                return null;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation && !prepared)
            {
                // No segment for this time yet: the clock went ahead of those who make them.
                prepared = await segments.TryPrepareAsync(CancellationToken.None);
                if (!prepared)
                {
                    Failed(e);
                    if (context.Clock.GetUtcNow() >= giveUpAt)
                    {
                        return e;
                    }

                    await Task.Delay(RetryPause, context.Clock);
                }
            }
            catch (Exception e)
            {
                Failed(e);
                await CloseStatementAsync();
                if ((sent && !IsUndone(e)) || context.Clock.GetUtcNow() >= giveUpAt)
                {
                    return e;
                }

                await Task.Delay(RetryPause, context.Clock);
            }
        }
    }

    private static bool IsUndone(Exception reason) => reason is PostgresException answer
        && (answer.IsTransient || answer.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown);

    private void Failed(Exception reason)
    {
        if (!failing)
        {
            failing = true;
            LogCannotWrite(reason.Message);
        }
    }

    private void Succeeded()
    {
        if (failing)
        {
            failing = false;
            LogWritesAgain();
        }
    }

    private async Task CloseStatementAsync()
    {
        var closing = statement;
        statement = null;
        if (closing is not null)
        {
            await closing.DisposeAsync();
        }
    }

    [LoggerMessage(EventId = 7121, Level = LogLevel.Error, Message = "The event log cannot write to PostgreSQL; appends wait, or are refused, until it can: {Reason}")]
    private partial void LogCannotWrite(string reason);

    [LoggerMessage(EventId = 7122, Level = LogLevel.Information, Message = "The event log writes to PostgreSQL again")]
    private partial void LogWritesAgain();
}
