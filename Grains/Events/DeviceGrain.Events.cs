using Muster.Events;
using Muster.Telemetry;
using Muster.Twins;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    private DeviceEvent.TwinChanged? TwinNews(TwinMove.Moved moved, bool isReplace) =>
        services.Events.Wants(EventSource.TwinChange) ? new DeviceEvent.TwinChanged(Key, moved, isReplace, Now()) : null;

    private DeviceEvent.LifecycleChanged? LifecycleNews(DeviceState state, bool isCreated) =>
        services.Events.Wants(EventSource.DeviceLifecycle) ? new DeviceEvent.LifecycleChanged(Key, state, isCreated, Now()) : null;

    private DeviceEvent.ConnectionChanged? ConnectionNews(DeviceState state, long epoch, bool isConnected) =>
        services.Events.Wants(EventSource.DeviceConnectionState) ? new DeviceEvent.ConnectionChanged(Key, state, epoch, isConnected, Now()) : null;

    private DeviceEvent.ConnectionChanged? DisconnectedNews(DeviceState before) =>
        before.Session.Current is { } session ? ConnectionNews(before, session.Epoch, isConnected: false) : null;

    // Rare, and what a back end keeps its own list of devices by: whoever was answered finds the event in the log.
    private static Task WrittenAsync(DeviceEvent.LifecycleChanged? news) => news?.Written ?? Task.CompletedTask;
}
