using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Devices;

/// <summary><c>/devices</c>: the identities of devices.</summary>
internal static class DeviceEndpoints
{
    private const int MaxListed = 1000;

    internal static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/devices").WithTags("Devices");
        devices.MapGet("", ListDevices).WithName(nameof(ListDevices)).WithSummary("List devices in the order of their registration")
            .Requires(AccessRights.RegistryRead).TakesQuery("top", "How many at most, 1 to 1000. Default 1000.", typeof(int))
            .Answers<IdentityResponse[]>("The devices.");
        devices.MapGet("/{deviceId}", GetDevice).WithName(nameof(GetDevice)).WithSummary("Read a device's identity")
            .Requires(AccessRights.RegistryRead).Answers<IdentityResponse>("The identity; its etag in ETag.").MayRefuse(HubErrorCode.DeviceNotFound);
        devices.MapPut("/{deviceId}", PutDevice).WithName(nameof(PutDevice)).WithSummary("Create a device; with If-Match, update one")
            .WithDescription("Without If-Match an existing device is refused, with it a missing one. A new device gets an empty twin at once.")
            .Requires(AccessRights.RegistryWrite).TakesIfMatch().Takes<IdentityRequest>().Answers<IdentityResponse>("The identity as it stands, durably.")
            .MayRefuse(HubErrorCode.DeviceAlreadyExists, HubErrorCode.DeviceNotFound, HubErrorCode.PreconditionFailed);
        devices.MapDelete("/{deviceId}", DeleteDevice).WithName(nameof(DeleteDevice)).WithSummary("Delete a device with its twin and modules")
            .Requires(AccessRights.RegistryWrite).TakesIfMatch().AnswersNothing("It is gone, durably.")
            .MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.PreconditionFailed);
    }

    private static async Task<Results<JsonAnswer<IdentityResponse[]>, HubError>> ListDevices(HttpRequest request, IGrainFactory grains)
    {
        var top = QueryNumber.Read("top", request.Query["top"], MaxListed, 1, MaxListed);
        return top.Why is { } why
            ? new HubError(why)
            : HubJson.Ok([.. (await grains.Fleet().ListDevicesAsync((int)top.Value)).Select(IdentityResponse.From)], ApiJson.Default.IdentityResponseArray);
    }

    private static async Task<Results<JsonAnswer<IdentityResponse>, HubError>> GetDevice(string deviceId, IGrainFactory grains) =>
        await grains.Device(deviceId).GetIdentityAsync() is { } identity ? Answer(identity) : new HubError(NotFound(deviceId));

    private static async Task<Results<JsonAnswer<IdentityResponse>, HubError>> PutDevice(
        string deviceId, RequestBody<IdentityRequest> body, HttpRequest request, IGrainFactory grains)
    {
        var device = grains.Device(deviceId);
        var spec = body.Value.ToSpec();
        return (ETags.IfMatch(request) is { } etag ? await device.UpdateAsync(spec, etag) : await device.CreateAsync(spec)) switch
        {
            IdentityReply.Accepted { Identity: var identity } => Answer(identity),
            IdentityReply.Refused refused => new HubError(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    private static async Task<Results<NoContent, HubError>> DeleteDevice(string deviceId, HttpRequest request, IGrainFactory grains) =>
        await grains.Device(deviceId).DeleteAsync(ETags.IfMatch(request)) switch
        {
            IdentityReply.Accepted => TypedResults.NoContent(),
            IdentityReply.Refused refused => new HubError(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    internal static Refusal NotFound(string deviceId) => new(HubErrorCode.DeviceNotFound, $"The device {deviceId} was not found");

    private static JsonAnswer<IdentityResponse> Answer(DeviceIdentity identity) =>
        HubJson.Ok(IdentityResponse.From(identity), ApiJson.Default.IdentityResponse, identity.ETag);
}
