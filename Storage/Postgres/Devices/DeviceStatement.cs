using System.Collections.Immutable;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// One statement for many rows of one shape. Its arrays are filled, sent and emptied again; it belongs to one connection's lane.
/// Each row is written only if it is as its writer expects, and the statement says which were.
/// </summary>
internal sealed class DeviceStatement
{
    private const string KeyIsTheSame =
        "device.virtual_partition = u.virtual_partition and device.device_id = u.device_id and device.module_id = u.module_id";

    private readonly List<DeviceWrite> rows = [];
    private readonly ImmutableArray<ArrayColumn<DeviceWrite>> columns;
    private readonly WriteShape shape;

    public DeviceStatement(WriteShape shape)
    {
        this.shape = shape;
        var values = DeviceColumns.Of(WriteShapes.PartsOf(shape)).ToImmutableArray();
        columns =
        [
            .. DeviceColumns.Key,
            .. shape == WriteShape.Insert ? [] : new[] { DeviceColumns.Expected },
            .. shape is WriteShape.Delete or WriteShape.Absent ? [] : values,
            new ArrayColumn<DeviceWrite, int>("i", "integer", write => write.Index),
        ];
        Command = new NpgsqlBatchCommand(Sql(values));
    }

    public NpgsqlBatchCommand Command { get; private set; }

    public bool IsEmpty => rows.Count == 0;

    /// <summary>The command for a new connection: the one before holds on to what was prepared on its own.</summary>
    public NpgsqlBatchCommand Renew()
    {
        Command.Parameters.Clear();
        Command = new NpgsqlBatchCommand(Command.CommandText);
        Command.Parameters.AddRange(columns.Select(column => column.Parameter).ToArray());
        return Command;
    }

    public void Add(DeviceWrite row)
    {
        (row.Index, row.Result) = (rows.Count, 0);
        rows.Add(row);
        foreach (var column in columns)
        {
            column.Add(row);
        }
    }

    public void Clear()
    {
        rows.Clear();
        foreach (var column in columns)
        {
            column.Clear();
        }
    }

    /// <summary>Notes the versions of the rows that were written.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
        {
            var answer = reader.GetInt64(0);
            if (shape == WriteShape.Insert)
            {
                rows[(int)(answer % WriteLimits.Seeds)].Result = answer;
            }
            else
            {
                rows[(int)answer].Result = rows[(int)answer].Expected + 1;
            }
        }
    }

    // The arrays are taken apart in the select list and not by one unnest: that would gather all of them first.
    private string Sql(ImmutableArray<ArrayColumn<DeviceWrite>> values)
    {
        var rowsOfArrays = $"(select {string.Join(", ", columns.Select((column, i) => $"unnest(${i + 1}::{column.Type}[]) as {column.Name}"))}) as u";
        return shape switch
        {
            WriteShape.Insert => Insert(values, rowsOfArrays),
            WriteShape.Delete => Delete(rowsOfArrays),
            WriteShape.Absent => $"select u.i::bigint from {rowsOfArrays} where not exists (select from device where {KeyIsTheSame})",
            _ => $"update device set version = device.version + 1, {string.Join(", ", values.Select(c => $"{c.Name} = {Value(c)}"))} "
                + $"from {rowsOfArrays} where {KeyIsTheSame} and device.version = u.expected returning u.i::bigint",
        };
    }

    // A row that is deleted and made again must not come by a version that its predecessor had: a stale activation could write over it.
    // Microseconds of the database's clock, a thousandfold, run ahead of any number of updates of one row, and say which row of the batch it is.
    private static string Insert(ImmutableArray<ArrayColumn<DeviceWrite>> values, string rowsOfArrays)
    {
        var names = DeviceColumns.Key.Concat(values).ToArray();
        return $"insert into device (version, {string.Join(", ", names.Select(c => c.Name))}) "
            + $"select (extract(epoch from clock_timestamp()) * 1000000)::bigint * {WriteLimits.Seeds} + u.i, {string.Join(", ", names.Select(Value))} "
            + $"from {rowsOfArrays} on conflict do nothing returning {ColumnNames.Of(DeviceColumn.Version)}";
    }

    private static string Delete(string rowsOfArrays) =>
        $"with gone as (delete from device using {rowsOfArrays} where {KeyIsTheSame} and device.version = u.expected returning u.i, device.device_id, device.module_id), "
        + $"ended as ({PostgresTargetSql.EndDeleted}) select i::bigint from gone";

    private static string Value(ArrayColumn<DeviceWrite> column) => "u." + (column.Expression ?? column.Name);
}

internal static class WriteLimits
{
    /// <summary>Versions that one instant has for new rows: more than a batch has rows.</summary>
    public const int Seeds = 1024;

    public static LaneLimits Lane { get; } = new(Rows: 500, Bytes: 1 << 20, Waiting: 65_536);
}
