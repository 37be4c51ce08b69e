using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Errors;
using Muster.Gateway;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Gates;

/// <summary><c>/api/v1/gates</c>: what rollouts and devices' updates wait for somebody to agree to.</summary>
internal static class GateEndpoints
{
    private const int MaxMembers = 100;

    internal static void MapGates(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/gates").WithTags("Gates");
        group.MapGet("", ListGates).WithName(nameof(ListGates)).WithSummary("List the gates of a device, or those of a rollout, its groups, its sites and its members that wait")
            .WithDescription("Of a rollout, its own first, then those of a hundred members at a time; without a status only of members that wait to be offered it.").RequiresPrincipal()
            .TakesQuery("device", "The device.", typeof(string)).TakesQuery("rollout", "The rollout.", typeof(string))
            .TakesQuery("status", $"Only gates that are {Words.All<GateStatus>()}.", typeof(string)).TakesQuery("after", "next of the page before.", typeof(string))
            .Answers<GatesResponse>("The gates.").MayRefuse(HubErrorCode.RolloutNotFound);
        group.MapGet("/{gateId}", GetGate).WithName(nameof(GetGate)).WithSummary("Read a gate").RequiresPrincipal()
            .Answers<GateResponse>("The gate.").MayRefuse(HubErrorCode.GateNotFound);
        Describe(group.MapPost("/{gateId}/open", OpenGate), nameof(OpenGate), "Open a gate; the lease of one that is open begins anew");
        Describe(group.MapPost("/{gateId}/renew", RenewGate), nameof(RenewGate), "Let a gate that is open stay open: its lease begins anew");
        Describe(group.MapPost("/{gateId}/deny", DenyGate), nameof(DenyGate), "Deny a gate: what waits for it does not go on");
        group.MapPost("/{gateId}/close", CloseGate).WithName(nameof(CloseGate)).WithSummary("Say that whoever opened a gate has heard that it is over")
            .WithDescription("By an operator, of a gate that is closing: whoever opened it does not answer, and what was arranged for it was seen to be undone. What waits for that goes on.").RequiresPrincipal()
            .Takes<GateCloseRequest>().Example(GateCloseRequest.Example)
            .Answers<GateResponse>("The gate, closed.").MayRefuse(HubErrorCode.GateNotFound, HubErrorCode.GateStateInvalid, HubErrorCode.NotPermitted);
        routes.MapGet("/api/v1/gate-secret", GetGateSecret).WithTags("Gates").WithName(nameof(GetGateSecret))
            .WithSummary("Read what the hub signs its calls to gates by").WithDescription("The UTF-8 of the text is the key of the HMAC in Muster-Signature.")
            .RequiresOwner().Answers<GateSecretResponse>("The secret.");
    }

    /// <summary>Where whoever was called calls back: the token in the link is what lets him in.</summary>
    internal static void MapGateCallbacks(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/gates/{gateId}/callback", CallBack).WithTags("Gates").WithName(nameof(CallBack))
            .WithSummary("Say, by the link that came with the hub's call, that a gate is open or denied").WithDescription("No principal and no policy is needed.")
            .TakesQuery("token", "Of the link.", typeof(string), required: true).Takes<GateCallbackRequest>().Example(GateCallbackRequest.Example)
            .Answers<GateResponse>("The gate as it is now.").MayRefuse(HubErrorCode.GateNotFound, HubErrorCode.GateStateInvalid);

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary)
        .WithDescription("By a principal of the gate's role, or an operator.").RequiresPrincipal().Takes<GateRequest>().Example(GateRequest.Example)
        .Answers<GateResponse>("The gate as it is now.").MayRefuse(HubErrorCode.GateNotFound, HubErrorCode.GateStateInvalid, HubErrorCode.NotPermitted);

    private static async Task<IResult> ListGates(HttpRequest request, IGrainFactory grains)
    {
        var (device, rollout, after) = (request.Query["device"].ToString(), request.Query["rollout"].ToString(), request.Query["after"].ToString());
        if (device.Length > 0 == rollout.Length > 0)
        {
            return ApiProblems.From(new Refusal(HubErrorCode.ArgumentInvalid, "Either device or rollout must be given."));
        }

        if (rollout.Length > 0 && !RolloutIds.MayExist(rollout))
        {
            return ApiProblems.From(RolloutIds.NotFound);
        }

        var (word, status) = (request.Query["status"].ToString(), Words.Find<GateStatus>(request.Query["status"]));
        if (word.Length > 0 && status is null)
        {
            return ApiProblems.From(new Refusal(HubErrorCode.ArgumentInvalid, $"status must be one of {Words.All<GateStatus>()}."));
        }

        if (device.Length > 0)
        {
            return HubJson.Ok(new GatesResponse([.. (await OfAsync(grains, device)).Where(IsWanted).Select(GateResponse.From)], null), GateJson.Default.GatesResponse);
        }

        var members = await grains.Rollout(rollout).ListMembersAsync(status is null ? UpdateStatus.Gated : null, after.Length > 0 ? after : null, MaxMembers);
        var own = after.Length > 0 ? [] : await grains.RolloutGates(rollout).ListGatesAsync();
        var gates = await Task.WhenAll(members.Select(member => OfAsync(grains, member.DeviceId)));
        return HubJson.Ok(
            new GatesResponse([.. gates.Prepend(own).SelectMany(static of => of).Where(IsWanted).Select(GateResponse.From)], members.Length == MaxMembers ? members[^1].DeviceId : null), GateJson.Default.GatesResponse);

        bool IsWanted(GateView gate) => status is null || gate.Status == status;
    }

    private static async Task<IResult> GetGate(string gateId, IGrainFactory grains) =>
        await FindAsync(grains, gateId) is { } gate ? HubJson.Ok(GateResponse.From(gate), GateJson.Default.GateResponse) : NotFound(gateId);

    private static Task<IResult> OpenGate(string gateId, RequestBody<GateRequest> body, Actor actor, IGrainFactory grains) => SayAsync(gateId, GateWord.Open, body.Value, actor, grains);

    private static Task<IResult> RenewGate(string gateId, RequestBody<GateRequest> body, Actor actor, IGrainFactory grains) => SayAsync(gateId, GateWord.Renew, body.Value, actor, grains);

    private static Task<IResult> DenyGate(string gateId, RequestBody<GateRequest> body, Actor actor, IGrainFactory grains) => SayAsync(gateId, GateWord.Deny, body.Value, actor, grains);

    private static async Task<IResult> CloseGate(string gateId, RequestBody<GateCloseRequest> body, Actor actor, IGrainFactory grains) =>
        await FindAsync(grains, gateId) is not { } gate ? NotFound(gateId)
        : !actor.Roles.Contains(Roles.Operator) ? ApiProblems.From(new Refusal(HubErrorCode.NotPermitted, "Only an operator may say that a gate is closed."))
        : await TellAsync(gateId, gate, new GateAnswer(GateWord.Closed, actor.Name, Evidence: body.Value.Evidence), grains);

    private static async Task<IResult> SayAsync(string gateId, GateWord word, GateRequest request, Actor actor, IGrainFactory grains)
    {
        if (await FindAsync(grains, gateId) is not { } gate)
        {
            return NotFound(gateId);
        }

        if (!actor.Roles.Contains(Roles.Operator) && (gate.Role is null || !actor.Roles.Contains(gate.Role)))
        {
            return ApiProblems.From(new Refusal(
                HubErrorCode.NotPermitted, gate.Role is null ? $"The gate {gate.Name} is opened by others; only an operator may speak for them." : $"The gate {gate.Name} is for {gate.Role}, or an operator."));
        }

        return await TellAsync(gateId, gate, new GateAnswer(word, actor.Name, request.Lease, request.Evidence), grains);
    }

    private static async Task<IResult> TellAsync(string gateId, GateView gate, GateAnswer answer, IGrainFactory grains) => Answer(gateId, gate.DeviceId.Length > 0
        ? await grains.Device(gate.DeviceId).AnswerGateAsync(gate.Key, answer)
        : await grains.RolloutGates(gate.Rollout).AnswerGateAsync(gate.Key, answer));

    // Whoever has no link of the hub's wakes no grain by it.
    private static async Task<IResult> CallBack(string gateId, HttpRequest request, RequestBody<GateCallbackRequest> body, IGrainFactory grains)
    {
        var (token, answer) = (request.Query["token"].ToString(), new GateAnswer(body.Value.Word, "webhook", body.Value.Lease, body.Value.Evidence));
        return !GateIds.TryParse(gateId, out var device, out var key) || !await grains.GateSecret().HoldsAsync(device, key, token) ? NotFound(gateId)
            : IsDevice(device) ? Answer(gateId, await grains.Device(device).AnswerGateByLinkAsync(key, answer, token))
            : IsOfRollout(device, key) ? Answer(gateId, await grains.RolloutGates(GateIds.RolloutOf(key)).AnswerGateByLinkAsync(key, answer, token))
            : NotFound(gateId);
    }

    private static async Task<IResult> GetGateSecret(IGrainFactory grains) =>
        HubJson.Ok(new GateSecretResponse(await grains.GateSecret().GetAsync()), GateJson.Default.GateSecretResponse);

    private static async Task<GateView?> FindAsync(IGrainFactory grains, string gateId) =>
        !GateIds.TryParse(gateId, out var device, out var key) ? null
        : (IsOfRollout(device, key) ? await grains.RolloutGates(GateIds.RolloutOf(key)).ListGatesAsync() : await OfAsync(grains, device)).FirstOrDefault(gate => gate.Key == key);

    private static async Task<ImmutableArray<GateView>> OfAsync(IGrainFactory grains, string deviceId) =>
        IsDevice(deviceId) && await grains.Device(deviceId).GetUpdateAsync() is { } update ? update.Gates : [];

    private static bool IsOfRollout(string deviceId, string key) => deviceId.Length == 0 && RolloutIds.MayExist(GateIds.RolloutOf(key));

    private static bool IsDevice(string deviceId) => Devices.DeviceKey.TryCreate(deviceId, null, out _);

    private static IResult Answer(string gateId, GateReply reply) => reply switch
    {
        GateReply.Accepted accepted => HubJson.Ok(GateResponse.From(accepted.Gate), GateJson.Default.GateResponse),
        GateReply.Refused refused => ApiProblems.From(new Refusal(HubErrorCode.GateStateInvalid, $"The gate {refused.Gate.Name} is {Words.Of(refused.Gate.Status)}; this cannot be said of it then.")),
        _ => NotFound(gateId),
    };

    private static ProblemHttpResult NotFound(string gateId) => ApiProblems.From(new Refusal(HubErrorCode.GateNotFound, $"There is no gate {gateId} now, or the link is not its own."));
}
