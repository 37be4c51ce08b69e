using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Twins;

/// <summary><c>/twins</c>: the twins of devices and modules.</summary>
internal static class TwinEndpoints
{
    private const string Device = "/twins/{deviceId}";
    private const string Module = "/twins/{deviceId}/modules/{moduleId}";

    internal static void MapTwins(this IEndpointRouteBuilder routes)
    {
        var twins = routes.MapGroup("").WithTags("Twins");
        Describe(twins.MapGet(Device, GetTwin), nameof(GetTwin), "Read a device's twin");
        Describe(twins.MapGet(Module, GetModuleTwin), nameof(GetModuleTwin), "Read a module's twin");
        DescribeChange(twins.MapPatch(Device, PatchTwin), nameof(PatchTwin), "Merge into a device's tags and desired properties");
        DescribeChange(twins.MapPatch(Module, PatchModuleTwin), nameof(PatchModuleTwin), "Merge into a module's tags and desired properties");
        DescribeChange(twins.MapPut(Device, PutTwin), nameof(PutTwin), "Replace a device's tags and desired properties");
        DescribeChange(twins.MapPut(Module, PutModuleTwin), nameof(PutModuleTwin), "Replace a module's tags and desired properties");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary)
        .Requires(AccessRights.ServiceConnect).Answers<TwinResponse>("The twin; its etag in ETag.").MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.ModuleNotFound);

    private static void DescribeChange(RouteHandlerBuilder route, string name, string summary) => Describe(route, name, summary)
        .WithDescription("A connected device is told of a change of its desired properties. Null deletes a property, or a whole section; arrays are values.")
        .TakesIfMatch().Takes<TwinRequest>(typeof(TwinChangeRequest)).MayRefuse(HubErrorCode.PreconditionFailed);

    private static Task<Results<RawJsonAnswer, HubError>> GetTwin(string deviceId, IGrainFactory grains) => ReadAsync(grains, deviceId, null);

    private static Task<Results<RawJsonAnswer, HubError>> GetModuleTwin(string deviceId, string moduleId, IGrainFactory grains) =>
        ReadAsync(grains, deviceId, moduleId);

    private static Task<Results<RawJsonAnswer, HubError>> PatchTwin(
        string deviceId, RequestBody<TwinRequest> body, HttpRequest request, IGrainFactory grains) =>
        ChangeAsync(grains, deviceId, null, body.Value.ToChange(replace: false, ETags.IfMatch(request)));

    private static Task<Results<RawJsonAnswer, HubError>> PatchModuleTwin(
        string deviceId, string moduleId, RequestBody<TwinRequest> body, HttpRequest request, IGrainFactory grains) =>
        ChangeAsync(grains, deviceId, moduleId, body.Value.ToChange(replace: false, ETags.IfMatch(request)));

    private static Task<Results<RawJsonAnswer, HubError>> PutTwin(
        string deviceId, RequestBody<TwinRequest> body, HttpRequest request, IGrainFactory grains) =>
        ChangeAsync(grains, deviceId, null, body.Value.ToChange(replace: true, ETags.IfMatch(request)));

    private static Task<Results<RawJsonAnswer, HubError>> PutModuleTwin(
        string deviceId, string moduleId, RequestBody<TwinRequest> body, HttpRequest request, IGrainFactory grains) =>
        ChangeAsync(grains, deviceId, moduleId, body.Value.ToChange(replace: true, ETags.IfMatch(request)));

    private static async Task<Results<RawJsonAnswer, HubError>> ReadAsync(IGrainFactory grains, string deviceId, string? moduleId) =>
        Answer(await grains.Device(deviceId, moduleId).GetTwinAsync());

    private static async Task<Results<RawJsonAnswer, HubError>> ChangeAsync(IGrainFactory grains, string deviceId, string? moduleId, TwinChange change) =>
        Answer(await grains.Device(deviceId, moduleId).ChangeTwinAsync(change));

    private static Results<RawJsonAnswer, HubError> Answer(TwinReply reply) => reply switch
    {
        TwinReply.Found found => HubJson.Ok(found.Twin, found.ETag),
        TwinReply.Refused refused => new HubError(refused.Why),
        var other => throw new NotSupportedException($"Unknown reply {other}."),
    };
}
