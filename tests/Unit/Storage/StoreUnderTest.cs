using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Fleet;
using Muster.Telemetry;
using Muster.Updates;
using Orleans.Storage;

namespace Muster.Storage;

/// <summary>The ports that an engine stands behind: the laws ask for nothing else.</summary>
public abstract class StoreUnderTest : IAsyncDisposable
{
    public abstract IGrainStorage Storage { get; }

    public abstract IDeviceReader Reader { get; }

    public abstract IFleetIndex Fleet { get; }

    public abstract ICheckpointStore Checkpoints { get; }

    public abstract IServiceQueueStore ServiceQueues { get; }

    public abstract IUpdateHistory History { get; }

    public abstract IRolloutTargets Targets { get; }

    /// <summary>Makes an empty store ready, where that takes awaiting.</summary>
    public virtual Task StartAsync() => Task.CompletedTask;

    /// <summary>Ends the process, so to speak, and starts the next over the same data.</summary>
    public abstract Task RestartAsync();

    public abstract ValueTask DisposeAsync();
}

internal static class StoreUnderTestExtensions
{
    private static readonly GrainType Device = GrainType.Create("device");

    public static async Task<GrainState<DeviceState>> ReadAsync(this StoreUnderTest store, string key)
    {
        var state = new GrainState<DeviceState>();
        await store.Storage.ReadStateAsync("state", GrainId.Create(Device, key), state);
        return state;
    }

    public static Task WriteAsync(this StoreUnderTest store, string key, GrainState<DeviceState> state) =>
        store.Storage.WriteStateAsync("state", GrainId.Create(Device, key), state);

    public static Task ClearAsync(this StoreUnderTest store, string key, GrainState<DeviceState> state) =>
        store.Storage.ClearStateAsync("state", GrainId.Create(Device, key), state);

    public static async Task<GrainState<DeviceState>> CreateAsync(this StoreUnderTest store, string key, DeviceState? state = null)
    {
        var created = new GrainState<DeviceState>(state ?? SampleStates.Small);
        await store.WriteAsync(key, created);
        return created;
    }
}
