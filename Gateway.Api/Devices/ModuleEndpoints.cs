using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Devices;

/// <summary><c>/devices/{deviceId}/modules</c>: the identities of a device's modules.</summary>
internal static class ModuleEndpoints
{
    internal static void MapModules(this IEndpointRouteBuilder routes)
    {
        var modules = routes.MapGroup("/devices/{deviceId}/modules").WithTags("Modules");
        modules.MapGet("", ListModules).WithName(nameof(ListModules)).WithSummary("List a device's modules")
            .Requires(AccessRights.RegistryRead).Answers<ModuleResponse[]>("The modules, at most 50.").MayRefuse(HubErrorCode.DeviceNotFound);
        modules.MapGet("/{moduleId}", GetModule).WithName(nameof(GetModule)).WithSummary("Read a module's identity")
            .Requires(AccessRights.RegistryRead).Answers<ModuleResponse>("The identity; its etag in ETag.")
            .MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.ModuleNotFound);
        modules.MapPut("/{moduleId}", PutModule).WithName(nameof(PutModule)).WithSummary("Create a module; with If-Match, update one")
            .Requires(AccessRights.RegistryWrite).TakesIfMatch().Takes<IdentityRequest>().Answers<ModuleResponse>("The identity as it stands, durably.")
            .MayRefuse(
                HubErrorCode.ModuleAlreadyExistsOnDevice, HubErrorCode.TooManyModulesOnDevice, HubErrorCode.DeviceNotFound,
                HubErrorCode.ModuleNotFound, HubErrorCode.PreconditionFailed);
        modules.MapDelete("/{moduleId}", DeleteModule).WithName(nameof(DeleteModule)).WithSummary("Delete a module with its twin")
            .Requires(AccessRights.RegistryWrite).TakesIfMatch().AnswersNothing("It is gone, durably.")
            .MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.ModuleNotFound, HubErrorCode.PreconditionFailed);
    }

    private static async Task<Results<JsonAnswer<ModuleResponse[]>, HubError>> ListModules(string deviceId, IGrainFactory grains)
    {
        var modules = await grains.Fleet().ListModulesAsync(deviceId);
        return modules.IsEmpty && await grains.Device(deviceId).GetIdentityAsync() is null
            ? new HubError(DeviceEndpoints.NotFound(deviceId))
            : HubJson.Ok([.. modules.Select(ModuleResponse.From)], ApiJson.Default.ModuleResponseArray);
    }

    private static async Task<Results<JsonAnswer<ModuleResponse>, HubError>> GetModule(string deviceId, string moduleId, IGrainFactory grains) =>
        await grains.Device(deviceId, moduleId).GetIdentityAsync() is { } identity
            ? Answer(identity)
            : new HubError(await grains.Device(deviceId).GetIdentityAsync() is null ? DeviceEndpoints.NotFound(deviceId) : NotFound(deviceId, moduleId));

    private static async Task<Results<JsonAnswer<ModuleResponse>, HubError>> PutModule(
        string deviceId, string moduleId, RequestBody<IdentityRequest> body, HttpRequest request, IGrainFactory grains)
    {
        var spec = body.Value.ToSpec();
        var reply = ETags.IfMatch(request) is { } etag
            ? await grains.Device(deviceId, moduleId).UpdateAsync(spec, etag)
            : await grains.Device(deviceId).CreateModuleAsync(moduleId, spec);
        return reply switch
        {
            IdentityReply.Accepted { Identity: var identity } => Answer(identity),
            IdentityReply.Refused refused => new HubError(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    private static async Task<Results<NoContent, HubError>> DeleteModule(string deviceId, string moduleId, HttpRequest request, IGrainFactory grains) =>
        await grains.Device(deviceId, moduleId).DeleteAsync(ETags.IfMatch(request)) switch
        {
            IdentityReply.Accepted => TypedResults.NoContent(),
            IdentityReply.Refused refused => new HubError(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private static Refusal NotFound(string deviceId, string moduleId) =>
        new(HubErrorCode.ModuleNotFound, $"The module {moduleId} of device {deviceId} was not found");

    private static JsonAnswer<ModuleResponse> Answer(DeviceIdentity identity) =>
        HubJson.Ok(ModuleResponse.From(identity), ApiJson.Default.ModuleResponse, identity.ETag);
}
