using Microsoft.Extensions.Logging;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>The connection of a lane: opened when it is needed, looked after when it was idle, dropped when it failed.</summary>
internal sealed partial class LaneConnection(NpgsqlDataSource source, TimeSpan patience, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan IdleTrust = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private NpgsqlConnection? connection;
    private long lastUse;
    private bool isAway;

    public long Now => clock.GetTimestamp();

    public TimeSpan Since(long timestamp) => clock.GetElapsedTime(timestamp);

    public bool IsImpatient(IQueued item) => clock.GetElapsedTime(item.Since) >= patience;

    /// <param name="statements">What is prepared on a new connection.</param>
    public async ValueTask<NpgsqlConnection> OpenAsync(IEnumerable<NpgsqlBatchCommand> statements)
    {
        try
        {
            if (connection is not null && clock.GetElapsedTime(lastUse) > IdleTrust && !await AnswersAsync(connection))
            {
                await DropAsync();
            }

            connection ??= await MakeAsync(statements);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            LogOnce(e);
            throw;
        }

        isAway = false;
        lastUse = Now;
        return connection;
    }

    /// <summary>After a failure that leaves the connection in an unknown state.</summary>
    public async ValueTask DropAsync()
    {
        var broken = connection;
        connection = null;
        if (broken is not null)
        {
            await broken.DisposeAsync();
        }
    }

    public void Used() => lastUse = Now;

    public Task PauseAsync(int tries) =>
        Task.Delay(tries > 4 ? LongestPause : FirstPause * (1 << tries), clock, CancellationToken.None);

    public ValueTask DisposeAsync() => DropAsync();

    private async Task<NpgsqlConnection> MakeAsync(IEnumerable<NpgsqlBatchCommand> statements)
    {
        var made = await source.OpenConnectionAsync();
        try
        {
            await using var prepare = new NpgsqlBatch(made);
            foreach (var statement in statements)
            {
                prepare.BatchCommands.Add(statement);
            }

            await prepare.PrepareAsync();
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    // What a server that was restarted meanwhile would make of a batch, nobody knows; of this, it does not matter.
    private static async Task<bool> AnswersAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var ask = new NpgsqlCommand("select 1", connection);
            await ask.ExecuteNonQueryAsync();
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            return false;
        }
    }

    private void LogOnce(Exception why)
    {
        if (!isAway)
        {
            isAway = true;
            LogAway(why.Message);
        }
    }

    [LoggerMessage(EventId = 7201, Level = LogLevel.Warning, Message = "The database cannot be reached: {Why}")]
    private partial void LogAway(string why);
}
