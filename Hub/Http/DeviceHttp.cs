using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muster.CloudToDevice;
using Muster.Files;

namespace Muster.Http;

/// <summary>The device side of IoT Hub's HTTPS.</summary>
public static class DeviceHttp
{
    /// <summary>
    /// Maps telemetry, cloud-to-device messages and file uploads of devices, and the hub's own blobs. The listener must ask for a client certificate and
    /// take any.
    /// </summary>
    public static void MapDeviceHttp(this IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("").ExcludeFromDescription().AddEndpointFilter<RouteGroupBuilder, DeviceFaults>().AddEndpointFilter<RouteGroupBuilder, DeviceDoor>();
        devices.MapTelemetry();
        devices.MapCloudToDevice();
        devices.MapUploads();
        routes.MapBlobs();
    }
}
