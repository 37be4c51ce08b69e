using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Devices;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Telemetry;

/// <summary><c>/api/v1/devices/{deviceId}/telemetry</c>: what a device's telemetry last said.</summary>
internal static class TelemetryEndpoints
{
    internal static void MapTelemetry(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/devices/{deviceId}/telemetry", GetTelemetry).WithTags("Telemetry").WithName(nameof(GetTelemetry))
            .WithSummary("Read the last value of each telemetry field of a device")
            .Requires(AccessRights.ServiceConnect).Answers<LatestTelemetryResponse>("The last values.").MayRefuse(HubErrorCode.DeviceNotFound);

    private static async Task<Results<LatestTelemetryAnswer, ProblemHttpResult>> GetTelemetry(string deviceId, IGrainFactory grains) =>
        await grains.Device(deviceId).GetTelemetryAsync() is { } latest
            ? new LatestTelemetryAnswer(deviceId, latest)
            : ApiProblems.From(DeviceEndpoints.NotFound(deviceId));
}

/// <summary>The last values; their bytes pass through.</summary>
internal sealed class LatestTelemetryAnswer(string deviceId, LatestTelemetry latest) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HubJson.Begin(httpContext.Response, etag: null);
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("deviceId", deviceId);
        if (latest.LastActivityAt is { } heard)
        {
            json.WriteString("lastActivityTime", heard);
        }
        else
        {
            json.WriteNull("lastActivityTime");
        }

        json.WritePropertyName("fields");
        json.WriteRawValue(latest.Fields.Span, skipInputValidation: true);
        json.WriteEndObject();
    }
}
