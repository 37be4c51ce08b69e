using Microsoft.Extensions.Logging;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// Ends transactions that a silo began to send and did not finish. While the silo's machine answers for it, as for a frozen process, the server would wait
/// for the rest for ever, with rows locked: none of its time-outs counts within a batch (PostgreSQL 17 has one, of whole transactions). Every silo looks
/// for those of all, so that one which lives is enough.
/// </summary>
internal sealed partial class AbandonedTransactions : IAsyncDisposable
{
    // What runs, or waits for a lock, does not wait for its client; and what waits between transactions is in none.
    private const string End = """
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and usename = session_user and application_name = current_setting('application_name')
          and pid <> pg_backend_pid() and wait_event = 'ClientRead' and xact_start is not null and state_change < clock_timestamp() - $1
        """;

    private readonly CancellationTokenSource stop = new();
    private readonly NpgsqlDataSource database;
    private readonly TimeSpan after;
    private readonly ILogger logger;
    private readonly Task running;

    /// <param name="database">Connections under the name that those which are looked for have.</param>
    /// <param name="after">How long the server must have heard nothing.</param>
    /// <param name="clock">For the pauses.</param>
    /// <param name="logger">Is told of what was ended.</param>
    public AbandonedTransactions(NpgsqlDataSource database, TimeSpan after, TimeProvider clock, ILogger logger)
    {
        (this.database, this.after, this.logger) = (database, after, logger);
        running = RunAsync(clock);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync(TimeProvider clock)
    {
        using var timer = new PeriodicTimer(after / 3, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                await EndAsync();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task EndAsync()
    {
        try
        {
            await using var end = database.CreateCommand(End);
            end.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = after });
            if (await end.ExecuteScalarAsync(stop.Token) is long and > 0 and var ended)
            {
                LogEnded(ended, after);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            // The lanes say that the database is away; the next look is soon.
        }
    }

    [LoggerMessage(EventId = 7206, Level = LogLevel.Warning,
        Message = "{Count} transactions, of which a silo had sent a part and nothing more for {Silence}, were ended: their rows are free again")]
    private partial void LogEnded(long count, TimeSpan silence);
}
