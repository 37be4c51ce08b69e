using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// One connection that commits batches of device rows, each in one round trip and one transaction. A row that is at fault itself is found by
/// halving the batch, and fails alone; where a connection is lost under a batch nobody knows whether it was written, and its writes say so.
/// </summary>
internal sealed partial class DeviceWriter(LaneConnection connection, LaneGauges gauges, ILogger logger)
    : Lane<IWriteOperation>(connection, WriteLimits.Lane, gauges)
{
    private const int Tries = 3;

    private readonly LaneGauges gauges = gauges;
    private readonly ImmutableArray<DeviceStatement> statements =
        [.. Enum.GetValues<WriteShape>().Where(shape => shape != WriteShape.None).Order().Select(shape => new DeviceStatement(shape))];

    private readonly StepStatement steps = new();

    protected override IEnumerable<NpgsqlBatchCommand> Statements => statements.Select(statement => statement.Renew()).Concat(steps.Renew());

    protected override async Task HandleAsync(List<IWriteOperation> batch)
    {
        // Rows in one order for all silos: two that write the same ones then wait for each other, and do not lock each other up.
        var writes = batch.OfType<DeviceWrite>().ToList();
        writes.Sort(static (a, b) => a.Partition != b.Partition ? a.Partition.CompareTo(b.Partition) : a.Key.CompareTo(b.Key));
        if (writes.Count > 0)
        {
            await CommitAsync(writes);
        }

        foreach (var waiting in batch)
        {
            if (waiting.Shape == WriteShape.None)
            {
                waiting.Committed();
            }
        }
    }

    private async Task CommitAsync(List<DeviceWrite> writes)
    {
        try
        {
            if (await SendAsync(writes))
            {
                Answer(writes);
            }
        }
        catch (Exception e) when (PostgresFaults.IsOfOneRow(e))
        {
            await HalveAsync(writes, e);
        }
        catch (Exception e)
        {
            await FailAsync(writes, e);
        }
    }

    /// <summary>Sends the batch, and again where that may help. False if no connection came in time: the writes have failed then.</summary>
    private async Task<bool> SendAsync(List<DeviceWrite> writes)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                if (await ConnectAsync(writes) is not { } connection)
                {
                    return false;
                }

                await ExecuteAsync(connection, writes);
                return true;
            }
            catch (PostgresException e) when (PostgresFaults.IsWorthAnotherTry(e) && tried < Tries)
            {
                LogTriedAgain(e.SqlState, writes.Count);
                if (e.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
                {
                    await Connection.DropAsync();
                }
            }
        }
    }

    private async Task HalveAsync(List<DeviceWrite> writes, Exception why)
    {
        if (why is not PostgresException)
        {
            await Connection.DropAsync();
        }

        if (writes.Count == 1)
        {
            gauges.Failed(1, "row");
            LogRowFailed(why);
            writes[0].Failed(new StorageFaultException($"The row cannot be stored: {PostgresFaults.Line(why)}", why));
            return;
        }

        await CommitAsync(writes[..(writes.Count / 2)]);
        await CommitAsync(writes[(writes.Count / 2)..]);
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, List<DeviceWrite> writes)
    {
        var begun = Connection.Now;
        try
        {
            foreach (var write in writes)
            {
                statements[(int)write.Shape].Add(write);
                steps.Add(write);
            }

            await ReadAsync(connection);
        }
        finally
        {
            foreach (var statement in statements)
            {
                statement.Clear();
            }

            steps.Clear();
        }

        Connection.Used();
        gauges.Batch(Connection.Since(begun), writes.Count);
    }

    private async Task ReadAsync(NpgsqlConnection connection)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in statements.Where(statement => !statement.IsEmpty).Select(statement => statement.Command).Concat(steps.IsEmpty ? [] : steps.Commands))
        {
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var statement in statements)
        {
            if (!statement.IsEmpty)
            {
                await statement.ReadAsync(reader);
                await reader.NextResultAsync();
            }
        }
    }

    // Waking hundreds of grains here would keep the connection from its next batch.
    private void Answer(List<DeviceWrite> writes) => ThreadPool.UnsafeQueueUserWorkItem(new Answers(writes, gauges), preferLocal: false);

    private async Task FailAsync(List<DeviceWrite> writes, Exception why)
    {
        var isKnown = PostgresFaults.IsRolledBack(why);
        if (!isKnown)
        {
            await Connection.DropAsync();
        }

        gauges.Failed(writes.Count, isKnown ? "refused" : "unknown");
        LogBatchFailed(why, writes.Count);
        var answer = PostgresFaults.Translate(why);
        foreach (var write in writes)
        {
            write.Failed(answer);
        }
    }

    [LoggerMessage(EventId = 7202, Level = LogLevel.Error, Message = "A batch of {Count} writes failed")]
    private partial void LogBatchFailed(Exception why, int count);

    [LoggerMessage(EventId = 7203, Level = LogLevel.Error, Message = "A row cannot be stored")]
    private partial void LogRowFailed(Exception why);

    [LoggerMessage(EventId = 7204, Level = LogLevel.Information, Message = "A batch of {Count} writes is tried again: {SqlState}")]
    private partial void LogTriedAgain(string sqlState, int count);

    private sealed class Answers(List<DeviceWrite> writes, LaneGauges gauges) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            foreach (var write in writes)
            {
                if (!write.Committed())
                {
                    gauges.Conflict();
                }
            }
        }
    }
}
