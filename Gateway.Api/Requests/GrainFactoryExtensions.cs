using Muster.Access;
using Muster.CloudToDevice;
using Muster.Cluster;
using Muster.ConsumerGroups;
using Muster.Devices;
using Muster.Fleet;
using Muster.Gates;
using Muster.Releases;
using Muster.Rollouts;
using Muster.Routing;
using Muster.Telemetry;
using Muster.Updates;

namespace Muster.Gateway;

/// <summary>The one place of the gateway that knows how ids become grain keys.</summary>
internal static class GrainFactoryExtensions
{
    /// <summary>Ids from a route were checked by <see cref="RouteFilter"/>.</summary>
    internal static IDeviceGrain Device(this IGrainFactory grains, string deviceId, string? moduleId = null) =>
        DeviceKey.TryCreate(deviceId, moduleId, out var key)
            ? grains.Device(key)
            : throw new ArgumentException($"'{deviceId}' or '{moduleId}' is no id.", nameof(deviceId));

    internal static IDeviceGrain Device(this IGrainFactory grains, DeviceKey key) => grains.GetGrain<IDeviceGrain>(key.ToString());

    internal static IFleetGrain Fleet(this IGrainFactory grains) => grains.GetGrain<IFleetGrain>(0);

    internal static IAccessGrain Access(this IGrainFactory grains) => grains.GetGrain<IAccessGrain>(0);

    internal static IPrincipalsGrain Principals(this IGrainFactory grains) => grains.GetGrain<IPrincipalsGrain>(0);

    internal static IClusterGrain Cluster(this IGrainFactory grains) => grains.GetGrain<IClusterGrain>(0);

    internal static IRoutingGrain Routing(this IGrainFactory grains) => grains.GetGrain<IRoutingGrain>(0);

    internal static IEventReaderGrain Events(this IGrainFactory grains) => grains.GetGrain<IEventReaderGrain>(0);

    internal static IServiceQueueGrain Feedback(this IGrainFactory grains) => grains.GetGrain<IServiceQueueGrain>(ServiceQueues.Feedback);

    internal static IRolloutGrain Rollout(this IGrainFactory grains, string id) => grains.GetGrain<IRolloutGrain>(id);

    internal static IRolloutGatesGrain RolloutGates(this IGrainFactory grains, string rollout) => grains.GetGrain<IRolloutGatesGrain>(rollout);

    internal static IRolloutsGrain Rollouts(this IGrainFactory grains) => grains.GetGrain<IRolloutsGrain>(0);

    internal static IGateSecretGrain GateSecret(this IGrainFactory grains) => grains.GetGrain<IGateSecretGrain>(0);

    internal static IUpdateHistoryGrain UpdateHistory(this IGrainFactory grains) => grains.GetGrain<IUpdateHistoryGrain>(0);

    internal static IConsumerGroupsGrain ConsumerGroups(this IGrainFactory grains) => grains.GetGrain<IConsumerGroupsGrain>(0);

    /// <summary>Ids were checked by <see cref="ReleaseIds.IsValid"/>.</summary>
    internal static IReleaseGrain Release(this IGrainFactory grains, string releaseId) => grains.GetGrain<IReleaseGrain>(releaseId);

    internal static IReleaseIndexGrain ReleaseIndex(this IGrainFactory grains) => grains.GetGrain<IReleaseIndexGrain>(0);

    internal static ISigningKeysGrain SigningKeys(this IGrainFactory grains) => grains.GetGrain<ISigningKeysGrain>(0);

    internal static IGoldenReleaseGrain GoldenRelease(this IGrainFactory grains, string model) => grains.GetGrain<IGoldenReleaseGrain>(model);

    internal static IManifestKeyGrain ManifestKey(this IGrainFactory grains) => grains.GetGrain<IManifestKeyGrain>(0);
}
