using Muster.Devices;

namespace Muster.Storage.Sqlite;

/// <summary>
/// A read of one row by key, for a grain that wakes or for <see cref="IDeviceReader"/>. A grain's read passes through the writer's queue
/// first if anything is pending there, and so sees what the activation before it wrote last.
/// </summary>
internal sealed class DeviceRead(IdSpan key, IGrainState<DeviceState>? target, SqliteReaders readers) : SqliteRead, IWriteOperation
{
    [ThreadStatic]
    private static SqliteRowReader? rows;

    private readonly TaskCompletionSource<DeviceState?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<DeviceState?> Answer => answer.Task;

    int IWriteOperation.Bytes => 0;

    void IWriteOperation.Apply(WriteSession session)
    {
    }

    void IWriteOperation.Committed() => Start();

    void IWriteOperation.Failed(Exception why) => Start();

    public override void Run(SqliteDatabase database)
    {
        var statement = database.Cached(DeviceSql.Read);
        try
        {
            DeviceRowBinder.BindKey(statement, key.AsSpan());
            Found(statement.Step() ? statement : null);
        }
        finally
        {
            statement.Reset();
        }
    }

    public override void Failed(Exception why) => answer.TrySetException(why);

    private void Start()
    {
        try
        {
            readers.Add(this);
        }
        catch (StorageFaultException e)
        {
            Failed(e);
        }
    }

    private void Found(SqliteStatement? row)
    {
        rows ??= new SqliteRowReader();
        var state = row is null ? null : rows.State(row);
        if (target is not null)
        {
            target.State = state ?? new DeviceState();
            target.ETag = row is null ? null : DeviceWrite.FormatTag(rows.Version(row));
            target.RecordExists = row is not null;
        }

        answer.TrySetResult(state);
    }
}
