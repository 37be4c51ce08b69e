using Muster.Devices;
using Muster.Telemetry;

namespace Muster.Storage.Postgres;

/// <summary>
/// A read of one row by key, for a grain that wakes or for <see cref="IDeviceReader"/>. A grain's read passes through the writer's lane
/// first if anything is pending there, and so sees what the activation before it wrote last.
/// </summary>
internal sealed class DeviceRead(IdSpan key, IGrainState<DeviceState>? target, DeviceRowLane readers)
    : TaskCompletionSource<DeviceState?>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    private readonly DeviceKeyText text = new(key);

    public IdSpan Key => key;

    public ReadOnlyMemory<byte> DeviceId => text.DeviceId;

    public ReadOnlyMemory<byte> ModuleId => text.ModuleId;

    public int Partition { get; } = PartitionHash.VirtualPartition(new DeviceKeyText(key).DeviceId.Span);

    public int Index { get; set; }

    public int Bytes => 64;

    public long Since { get; set; }

    public bool IsAlone => false;

    WriteShape IWriteOperation.Shape => WriteShape.None;

    /// <summary>What was pending is written: read.</summary>
    bool IWriteOperation.Committed()
    {
        try
        {
            readers.Add(this);
        }
        catch (StorageFaultException e)
        {
            Failed(e);
        }

        return true;
    }

    public void Found(DeviceState? state, long version)
    {
        if (target is not null)
        {
            target.State = state ?? new DeviceState();
            target.ETag = state is null ? null : DeviceWrite.FormatTag(version);
            target.RecordExists = state is not null;
            target.State.Mark = new StoreMark { Row = new StoredRow(target) { Version = version, State = state } };
        }

        TrySetResult(state);
    }

    public void Failed(Exception why) => TrySetException(why);
}
