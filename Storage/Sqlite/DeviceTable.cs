using System.Text;
using Muster.Devices;
using Muster.Telemetry;
using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>
/// Writes device rows, each on the condition that its version is the expected one. Used inside a transaction of the writer thread.
/// </summary>
internal sealed class DeviceTable(SqliteDatabase database, TimeProvider clock)
{
    private readonly DeviceRowBinder binder = new();
    private readonly TagIndex tags = new(database);
    private readonly SqliteStatement insert = database.Prepare(DeviceSql.Insert);
    private readonly SqliteStatement updateUnindexed = database.Prepare(DeviceSql.UpdateUnindexed);
    private readonly SqliteStatement updateDue = database.Prepare(DeviceSql.UpdateDue);
    private readonly SqliteStatement updateAll = database.Prepare(DeviceSql.UpdateAll);
    private readonly SqliteStatement find = database.Prepare(DeviceSql.Find);
    private readonly SqliteStatement delete = database.Prepare(DeviceSql.Delete);
    private readonly StepTable steps = new(database);
    private readonly VersionSeed seed = new(clock);

    /// <summary>Writes a row that must not exist yet (<paramref name="expected"/> 0) or must have the expected version.</summary>
    /// <returns>The new version, or 0: the row is not as expected and stays as it is, and with it the history.</returns>
    public long Write(ReadOnlySpan<byte> grainKey, DeviceState state, long expected, IReadOnlyList<UpdateStep> taken)
    {
        if (taken.Count == 0)
        {
            return expected == 0 ? Insert(grainKey, state) : Update(updateUnindexed, grainKey, state, expected);
        }

        // A step nearly always says when the next one is due.
        var version = expected == 0 ? Insert(grainKey, state) : Update(updateDue, grainKey, state, expected);
        if (version != 0)
        {
            steps.Append(grainKey, state.Identity.GenerationId, taken);
        }

        return version;
    }

    /// <summary>Deletes the row of the expected version; <paramref name="expected"/> 0 means that there must be none.</summary>
    /// <returns>False: the row is not as expected and stays as it is.</returns>
    public bool Delete(ReadOnlySpan<byte> grainKey, long expected)
    {
        if (Find(grainKey) is not { } row)
        {
            return expected == 0;
        }

        if (row.Version != expected)
        {
            return false;
        }

        tags.Change(row.Id, row.Tags, default);
        delete.Bind(DeviceSql.ParameterOf(DeviceColumn.Id), row.Id);
        delete.Execute();
        if (!grainKey.Contains((byte)'/'))
        {
            steps.EndMember(grainKey, clock.GetUtcNow());
        }

        return true;
    }

    private long Insert(ReadOnlySpan<byte> grainKey, DeviceState state)
    {
        var version = seed.Next();
        var slash = grainKey.IndexOf((byte)'/');
        var deviceId = Encoding.UTF8.GetString(slash < 0 ? grainKey : grainKey[..slash]);
        DeviceRowBinder.BindKey(insert, grainKey);
        insert.Bind(DeviceSql.ParameterOf(DeviceColumn.VirtualPartition), PartitionHash.VirtualPartition(deviceId));
        binder.Bind(insert, state, version);
        insert.Execute();
        if (database.Changes == 0)
        {
            return 0;
        }

        tags.Change(database.LastInsertId, default, state.Tags);
        return version;
    }

    private long Update(SqliteStatement likely, ReadOnlySpan<byte> grainKey, DeviceState state, long expected)
    {
        DeviceRowBinder.BindKey(likely, grainKey);
        binder.Bind(likely, state, expected + 1);
        likely.Bind(DeviceSql.ExpectedVersion, expected);
        likely.Execute();
        if (database.Changes == 1)
        {
            return expected + 1;
        }

        if (Find(grainKey) is not { } row || row.Version != expected)
        {
            return 0;
        }

        if (!row.Tags.AsSpan().SequenceEqual(state.Tags))
        {
            tags.Change(row.Id, row.Tags, state.Tags);
        }

        updateAll.Bind(DeviceSql.ParameterOf(DeviceColumn.Id), row.Id);
        binder.Bind(updateAll, state, expected + 1);
        updateAll.Execute();
        return expected + 1;
    }

    private (long Id, long Version, byte[]? Tags)? Find(ReadOnlySpan<byte> grainKey)
    {
        DeviceRowBinder.BindKey(find, grainKey);
        (long, long, byte[]?)? row = find.Step() ? (find.Int64(0), find.Int64(1), find.BytesOrNull(2)) : null;
        find.Reset();
        return row;
    }
}
