using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Devices;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One connection that reads rows by key, many in one round trip. A read does no harm twice, so it outlives lost connections.</summary>
internal sealed partial class DeviceRowLane : Lane<DeviceRead>
{
    private static readonly LaneLimits Limits = new(Rows: 256, Bytes: 1 << 20, Waiting: 65_536);

    private readonly LaneGauges gauges;
    private readonly ILogger logger;
    private readonly PostgresRowReader rows = new(firstColumn: 1);
    private readonly ImmutableArray<ArrayColumn<DeviceRead>> columns =
    [
        new ArrayColumn<DeviceRead, int>("virtual_partition", "integer", read => read.Partition),
        new ArrayColumn<DeviceRead, ReadOnlyMemory<byte>>("device_id", "text", read => read.DeviceId),
        new ArrayColumn<DeviceRead, ReadOnlyMemory<byte>>("module_id", "text", read => read.ModuleId),
        new ArrayColumn<DeviceRead, int>("i", "integer", read => read.Index),
    ];

    private NpgsqlBatchCommand command;

    public DeviceRowLane(LaneConnection connection, LaneGauges gauges, ILogger logger)
        : base(connection, Limits, gauges)
    {
        this.gauges = gauges;
        this.logger = logger;
        var keys = string.Join(", ", columns.Select((column, i) => $"unnest(${i + 1}::{column.Type}[]) as {column.Name}"));
        command = new NpgsqlBatchCommand(
            $"select u.i, {string.Join(", ", ColumnNames.All.Select(name => "device." + name))} from (select {keys}) as u "
            + "join device on device.virtual_partition = u.virtual_partition and device.device_id = u.device_id and device.module_id = u.module_id");
    }

    protected override IEnumerable<NpgsqlBatchCommand> Statements => [Renew()];

    protected override async Task HandleAsync(List<DeviceRead> batch)
    {
        var waiting = batch;
        while (waiting.Count > 0 && await ConnectAsync(waiting) is { } connection)
        {
            try
            {
                await ReadAsync(connection, waiting);
                return;
            }
            catch (Exception e) when (PostgresFaults.IsOfOneRow(e) && waiting.Count > 1)
            {
                await DropAsync(e);
                await HandleAsync(waiting[..(waiting.Count / 2)]);
                await HandleAsync(waiting[(waiting.Count / 2)..]);
                return;
            }
            catch (Exception e)
            {
                await DropAsync(e);
                GiveUp(waiting, e);
            }
        }
    }

    private async Task ReadAsync(NpgsqlConnection connection, List<DeviceRead> batch)
    {
        var begun = Connection.Now;
        try
        {
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Index = i;
                foreach (var column in columns)
                {
                    column.Add(batch[i]);
                }
            }

            await FindAsync(connection, batch);
        }
        finally
        {
            foreach (var column in columns)
            {
                column.Clear();
            }
        }

        Connection.Used();
        gauges.Batch(Connection.Since(begun), batch.Count);
    }

    private async Task FindAsync(NpgsqlConnection connection, List<DeviceRead> batch)
    {
        var found = new (DeviceState? State, long Version)[batch.Count];
        await using var find = new NpgsqlBatch(connection) { BatchCommands = { command } };
        await using (var reader = await find.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                found[reader.GetInt32(0)] = (rows.State(reader), rows.Version(reader));
            }
        }

        // Not before all were read: what fails until then is read again.
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Found(found[i].State, found[i].Version);
        }
    }

    private NpgsqlBatchCommand Renew()
    {
        command.Parameters.Clear();
        command = new NpgsqlBatchCommand(command.CommandText);
        command.Parameters.AddRange(columns.Select(column => column.Parameter).ToArray());
        return command;
    }

    private async ValueTask DropAsync(Exception why)
    {
        // Also what the server refused for no row's sake: a pooler in between may have forgotten what was prepared.
        if (!PostgresFaults.IsOfOneRow(why))
        {
            await Connection.DropAsync();
        }
    }

    // A lost connection is worth another try for as long as the read is patient; what the server refused is not.
    private void GiveUp(List<DeviceRead> batch, Exception why)
    {
        var isFinal = PostgresFaults.IsRolledBack(why) || PostgresFaults.IsOfOneRow(why);
        var late = batch.FindAll(read => isFinal || Connection.IsImpatient(read));
        batch.RemoveAll(read => isFinal || Connection.IsImpatient(read));
        if (late.Count == 0)
        {
            return;
        }

        gauges.Failed(late.Count, "read");
        LogReadFailed(why, late.Count);
        var answer = new StorageFaultException($"The row cannot be read: {PostgresFaults.Line(why)}", why);
        foreach (var read in late)
        {
            read.Failed(answer);
        }
    }

    [LoggerMessage(EventId = 7205, Level = LogLevel.Error, Message = "{Count} rows could not be read")]
    private partial void LogReadFailed(Exception why, int count);
}
