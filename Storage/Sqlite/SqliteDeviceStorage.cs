using Muster.Devices;
using Orleans.Storage;

namespace Muster.Storage.Sqlite;

/// <summary>
/// Grain storage for <see cref="DeviceState"/>: the grain key is the row's key, the row's version the ETag. A grain has one state here, so
/// state names are not looked at.
/// </summary>
internal sealed class SqliteDeviceStorage(Func<SqliteStore> store) : IGrainStorage, IDeviceReader
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        store().ReadAsync(grainId.Key, Typed(grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Write(new DeviceWrite(grainId.Key, Typed(grainState), clear: false));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Write(new DeviceWrite(grainId.Key, Typed(grainState), clear: true));

    public ValueTask<DeviceState?> ReadAsync(DeviceKey key, CancellationToken cancellationToken)
    {
        var rows = store().Rows;
        var read = new DeviceRead(IdSpan.Create(key.ToString()), target: null, rows);
        rows.Add(read);
        return new ValueTask<DeviceState?>(cancellationToken.CanBeCanceled ? read.Answer.WaitAsync(cancellationToken) : read.Answer);
    }

    private Task Write(DeviceWrite write)
    {
        store().Writer.Add(write);
        return write.Task;
    }

    private static IGrainState<DeviceState> Typed<T>(IGrainState<T> state) => state as IGrainState<DeviceState>
        ?? throw new NotSupportedException($"This storage holds device rows, not {typeof(T)}.");
}
