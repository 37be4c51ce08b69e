using Muster.Access;
using Muster.Gateway;

namespace Muster.Devices;

/// <summary>How many devices there are; modules are not counted.</summary>
internal sealed record DeviceStatisticsResponse(long TotalDeviceCount, long EnabledDeviceCount, long DisabledDeviceCount);

/// <summary>How many devices are connected.</summary>
internal sealed record ServiceStatisticsResponse(long ConnectedDeviceCount);

/// <summary><c>/statistics</c>: counts over the fleet.</summary>
internal static class StatisticsEndpoints
{
    internal static void MapStatistics(this IEndpointRouteBuilder routes)
    {
        var statistics = routes.MapGroup("/statistics").WithTags("Statistics");
        statistics.MapGet("/devices", GetDeviceStatistics).WithName(nameof(GetDeviceStatistics)).WithSummary("Count devices by status")
            .Requires(AccessRights.RegistryRead).Answers<DeviceStatisticsResponse>("The counts.");
        statistics.MapGet("/service", GetServiceStatistics).WithName(nameof(GetServiceStatistics)).WithSummary("Count connected devices")
            .Requires(AccessRights.RegistryRead).Answers<ServiceStatisticsResponse>("The count.");
    }

    private static async Task<JsonAnswer<DeviceStatisticsResponse>> GetDeviceStatistics(IGrainFactory grains)
    {
        var counts = await grains.Fleet().GetStatisticsAsync();
        return HubJson.Ok(new DeviceStatisticsResponse(counts.Total, counts.Enabled, counts.Disabled), ApiJson.Default.DeviceStatisticsResponse);
    }

    private static async Task<JsonAnswer<ServiceStatisticsResponse>> GetServiceStatistics(IGrainFactory grains) =>
        HubJson.Ok(new ServiceStatisticsResponse((await grains.Fleet().GetStatisticsAsync()).Connected), ApiJson.Default.ServiceStatisticsResponse);
}
