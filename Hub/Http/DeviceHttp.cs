using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muster.CloudToDevice;
using Muster.Ddi;
using Muster.Files;
using Muster.Mender;

namespace Muster.Http;

/// <summary>The device side of HTTPS: IoT Hub's, and that of update agents.</summary>
public static class DeviceHttp
{
    /// <summary>
    /// Maps telemetry, cloud-to-device messages and file uploads of devices, the hub's own blobs, and what update agents ask. The
    /// listener must ask for a client certificate and take any.
    /// </summary>
    public static void MapDeviceHttp(this IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("").ExcludeFromDescription().AddEndpointFilter<RouteGroupBuilder, DeviceFaults>().AddEndpointFilter<RouteGroupBuilder, DeviceDoor>();
        devices.MapTelemetry();
        devices.MapCloudToDevice();
        devices.MapUploads();
        routes.MapBlobs();
        routes.MapDdi();
        routes.MapMender();
    }
}
