using Muster.Devices;
using Orleans.Storage;

namespace Muster.Storage.Postgres;

/// <summary>
/// Grain storage for <see cref="DeviceState"/>: the grain key is the row's key, the row's version the ETag. A grain has one state here, so
/// state names are not looked at.
/// </summary>
internal sealed class PostgresDeviceStorage(Func<PostgresStore> store) : IGrainStorage, IDeviceReader
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        store().ReadAsync(grainId.Key, Typed(grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        store().WriteAsync(new DeviceWrite(grainId.Key, Typed(grainState), clear: false));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        store().WriteAsync(new DeviceWrite(grainId.Key, Typed(grainState), clear: true));

    public ValueTask<DeviceState?> ReadAsync(DeviceKey key, CancellationToken cancellationToken)
    {
        var answer = store().ReadCommittedAsync(IdSpan.Create(key.ToString()));
        return new ValueTask<DeviceState?>(cancellationToken.CanBeCanceled ? answer.WaitAsync(cancellationToken) : answer);
    }

    private static IGrainState<DeviceState> Typed<T>(IGrainState<T> state) => state as IGrainState<DeviceState>
        ?? throw new NotSupportedException($"This storage holds device rows, not {typeof(T)}.");
}
