using Microsoft.Extensions.Logging;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// One connection for all documents of a silo: what gathers is one round trip and one transaction, and a read sees what was queued before it.
/// </summary>
internal sealed partial class DocumentLane(LaneConnection connection, LaneGauges gauges, ILogger logger)
    : Lane<DocumentOperation>(connection, Limits, gauges)
{
    private const int Tries = 3;
    private static readonly LaneLimits Limits = new(Rows: 100, Bytes: 1 << 20, Waiting: 4096);

    private readonly LaneGauges gauges = gauges;

    protected override IEnumerable<NpgsqlBatchCommand> Statements => DocumentSql.All;

    protected override async Task HandleAsync(List<DocumentOperation> batch)
    {
        for (var tried = 1; batch.Count > 0 && await ConnectAsync(batch) is { } connection; tried++)
        {
            try
            {
                await ExecuteAsync(connection, batch);
                Answer(batch);
                return;
            }
            catch (PostgresException e) when (PostgresFaults.IsWorthAnotherTry(e) && tried < Tries)
            {
                LogTriedAgain(e.SqlState, batch.Count);
                if (e.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
                {
                    await Connection.DropAsync();
                }
            }
            catch (Exception e) when (PostgresFaults.IsOfOneRow(e) && batch.Count > 1)
            {
                if (e is not PostgresException)
                {
                    await Connection.DropAsync();
                }

                await HandleAsync(batch[..(batch.Count / 2)]);
                await HandleAsync(batch[(batch.Count / 2)..]);
                return;
            }
            catch (Exception e)
            {
                await GiveUpAsync(batch, e);
            }
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, List<DocumentOperation> operations)
    {
        var begun = Connection.Now;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var operation in operations)
        {
            operation.Forget();
            batch.BatchCommands.Add(operation.Command);
        }

        await using (var reader = await batch.ExecuteReaderAsync())
        {
            foreach (var operation in operations)
            {
                if (await reader.ReadAsync())
                {
                    operation.Read(reader);
                }

                await reader.NextResultAsync();
            }
        }

        Connection.Used();
        gauges.Batch(Connection.Since(begun), operations.Count);
    }

    private void Answer(List<DocumentOperation> operations)
    {
        foreach (var operation in operations)
        {
            if (!operation.Committed())
            {
                gauges.Conflict();
            }
        }
    }

    // What changes something fails: whether it did is for its grain to find out. A read that was cut off goes again while it is patient.
    private async Task GiveUpAsync(List<DocumentOperation> operations, Exception why)
    {
        var isKnown = PostgresFaults.IsRolledBack(why);
        if (!isKnown)
        {
            await Connection.DropAsync();
        }

        var answer = PostgresFaults.Translate(why);
        var failed = operations.FindAll(operation => isKnown || !operation.IsRead || Connection.IsImpatient(operation));
        operations.RemoveAll(failed.Contains);
        gauges.Failed(failed.Count, isKnown ? "refused" : "unknown");
        LogFailed(why, failed.Count);
        foreach (var operation in failed)
        {
            operation.Failed(answer);
        }
    }

    [LoggerMessage(EventId = 7216, Level = LogLevel.Error, Message = "{Count} operations on documents failed")]
    private partial void LogFailed(Exception why, int count);

    [LoggerMessage(EventId = 7217, Level = LogLevel.Information, Message = "A batch of {Count} operations on documents is tried again: {SqlState}")]
    private partial void LogTriedAgain(string sqlState, int count);
}
