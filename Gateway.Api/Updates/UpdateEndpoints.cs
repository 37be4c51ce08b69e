using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Updates;

/// <summary><c>/api/v1/devices/{deviceId}/update</c>: the update of one device, and why it is not further.</summary>
internal static class UpdateEndpoints
{
    internal static void MapUpdates(this IEndpointRouteBuilder routes)
    {
        var update = routes.MapGroup("/api/v1/devices/{deviceId}/update").WithTags("Updates");
        update.MapGet("", GetUpdate).WithName(nameof(GetUpdate)).WithSummary("Read a device's update: where it stands, why, and how it came there")
            .WithDescription("A policy's token is taken too.").RequiresOr(AccessRights.ServiceConnect)
            .TakesQuery("before", "next of the page before.", typeof(long)).TakesQuery("max", "Steps of the history at most, 1 to 1000. Default 50.", typeof(int))
            .Answers<UpdateResponse>("The update under way or last finished; of a device that has had none, what a rollout has planned for it.").MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.UpdateNotFound);
        Describe(update.MapPost("/cancel", CancelUpdate), nameof(CancelUpdate), "Stop a device's update, if it has not begun to install")
            .Takes<StopUpdateRequest>().Example(StopUpdateRequest.Example);
        Describe(update.MapPost("/rollback", RollBackUpdate), nameof(RollBackUpdate), "Take a device that has installed its update back to what it ran before")
            .Takes<StopUpdateRequest>().Example(StopUpdateRequest.Example);
        Describe(update.MapPost("/release-quarantine", ReleaseQuarantine), nameof(ReleaseQuarantine), "Let rollouts touch a quarantined device again");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary)
        .RequiresPrincipal(Roles.Operator).Answers<UpdateStatusResponse>("Where the update stands now. Asking again changes nothing.")
        .MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.UpdateNotFound, HubErrorCode.UpdateStateInvalid);

    private static async Task<IResult> GetUpdate(string deviceId, HttpRequest request, IGrainFactory grains)
    {
        var max = QueryNumber.Read("max", request.Query["max"], 50, 1, 1000);
        var before = QueryNumber.Read("before", request.Query["before"], long.MaxValue, 1, long.MaxValue);
        if ((max.Why ?? before.Why) is { } why)
        {
            return ApiProblems.From(why);
        }

        var view = await grains.Device(deviceId).GetUpdateAsync();
        var turns = view is null || view.Status.IsFinal() ? await grains.UpdateHistory().ReadTurnsAsync(deviceId) : [];
        if (UpdateResponse.From(deviceId, view, turns) is not { } response)
        {
            return ApiProblems.From(await AbsentAsync(grains, deviceId));
        }

        var steps = await grains.UpdateHistory().ReadAsync(deviceId, before.Value, (int)max.Value);
        return HubJson.Ok(
            response with
            {
                History = [.. steps.Select(StepResponse.Of)],
                Next = steps.Length == max.Value ? steps[^1].Sequence : null,
            },
            UpdateJson.Default.UpdateResponse);
    }

    private static async Task<IResult> CancelUpdate(string deviceId, RequestBody<StopUpdateRequest> body, Actor actor, IGrainFactory grains) =>
        await RolloutAsync(grains, deviceId, body.Value) is { } rollout
            ? Answer(deviceId, rollout, await grains.Device(deviceId).CancelUpdateAsync(rollout, actor.Name, body.Value.Reason))
            : ApiProblems.From(await AbsentAsync(grains, deviceId));

    private static async Task<IResult> RollBackUpdate(string deviceId, RequestBody<StopUpdateRequest> body, Actor actor, IGrainFactory grains) =>
        await RolloutAsync(grains, deviceId, body.Value) is { } rollout
            ? Answer(deviceId, rollout, await grains.Device(deviceId).RollBackUpdateAsync(rollout, actor.Name, body.Value.Reason))
            : ApiProblems.From(await AbsentAsync(grains, deviceId));

    private static async Task<IResult> ReleaseQuarantine(string deviceId, Actor actor, IGrainFactory grains) =>
        Answer(deviceId, null, await grains.Device(deviceId).ReleaseQuarantineAsync(actor.Name));

    private static async Task<string?> RolloutAsync(IGrainFactory grains, string deviceId, StopUpdateRequest request) =>
        request.Rollout ?? (await grains.Device(deviceId).GetUpdateAsync())?.Rollout;

    private static IResult Answer(string deviceId, string? rollout, UpdateReply reply) => reply switch
    {
        UpdateReply.Accepted { Status: var status } =>
            HubJson.Ok(new UpdateStatusResponse(deviceId, rollout, Words.Of(status)), UpdateJson.Default.UpdateStatusResponse),
        UpdateReply.Late { Status: var status } => ApiProblems.From(new Refusal(
            HubErrorCode.UpdateStateInvalid, $"The update of device {deviceId} is over: {Words.Of(status)}.")),
        UpdateReply.Refused { Status: var status } => ApiProblems.From(new Refusal(
            HubErrorCode.UpdateStateInvalid, $"The update of device {deviceId} is {Words.Of(status)}; this cannot be done then.")),
        UpdateReply.Unknown => ApiProblems.From(new Refusal(
            HubErrorCode.UpdateNotFound, rollout is null ? $"Device {deviceId} has no update." : $"Device {deviceId} is at no update of the rollout {rollout}.")),
        _ => throw new NotSupportedException($"Unknown reply {reply}."),
    };

    private static async Task<Refusal> AbsentAsync(IGrainFactory grains, string deviceId) => await grains.Device(deviceId).GetIdentityAsync() is null
        ? new Refusal(HubErrorCode.DeviceNotFound, $"There is no device {deviceId}.")
        : new Refusal(HubErrorCode.UpdateNotFound, $"Device {deviceId} has had no update: no rollout has come to it yet.");
}
