using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Gates;
using Muster.Json;
using Muster.Methods;
using Muster.Rollouts;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Gateway;

/// <summary>A device that keeps an identity and what it was asked; its twin is whatever the test says.</summary>
internal sealed class FakeDevice(FakeCluster cluster, string key) : IDeviceGrain, IAgentAccessGrain
{
    private static int generations;
    private int version;

    internal DeviceIdentity? Identity { get; private set; }

    internal IdentitySpec? LastSpec { get; private set; }

    internal TwinChange? LastChange { get; private set; }

    internal MethodCall? LastCall { get; private set; }

    internal TwinReply Twin { get; set; } = new TwinReply.Found(JsonUtf8.Parse("""{"deviceId":"d","tags":{}}"""), "AAAAAAAAAAE=", 1);

    /// <summary>Until it completes, a method is not answered.</summary>
    internal Func<Task> Answering { get; set; } = () => Task.CompletedTask;

    internal MethodReply MethodReply { get; set; } = new MethodReply.Answered(200, JsonUtf8.Null);

    internal LatestTelemetry? Telemetry { get; set; }

    internal DeviceUpdateView? Update { get; set; }

    internal UpdateReply UpdateReply { get; set; } = new UpdateReply.Unknown();

    internal GateAnswer? LastGateAnswer { get; private set; }

    internal (string Verb, string Rollout, string Actor)? LastUpdateWish { get; private set; }

    public Task<string?> GetDdiTokenAsync() => Task.FromResult(Identity is null ? null : $"token of {key}");

    public ValueTask<DeviceIdentity?> GetIdentityAsync()
    {
        cluster.Break();
        return ValueTask.FromResult(Identity);
    }

    public Task<IdentityReply> CreateAsync(IdentitySpec spec, TwinChange? twin = null)
    {
        cluster.Break();
        LastChange = twin;
        return Task.FromResult<IdentityReply>(Identity is null ? Accept(spec) : Refused(HubErrorCode.DeviceAlreadyExists));
    }

    public Task<IdentityReply> UpdateAsync(IdentitySpec spec, string? ifMatch) => Task.FromResult<IdentityReply>(
        Identity is null ? Refused(HubErrorCode.DeviceNotFound)
        : ifMatch is null or "*" || ifMatch == Identity.ETag ? Accept(spec)
        : Refused(HubErrorCode.PreconditionFailed));

    public Task<IdentityReply> DeleteAsync(string? ifMatch)
    {
        if (Identity is not { } identity)
        {
            return Task.FromResult<IdentityReply>(Refused(HubErrorCode.DeviceNotFound));
        }

        if (ifMatch is not (null or "*") && ifMatch != identity.ETag)
        {
            return Task.FromResult<IdentityReply>(Refused(HubErrorCode.PreconditionFailed));
        }

        Identity = null;
        return Task.FromResult<IdentityReply>(new IdentityReply.Accepted(identity));
    }

    public Task<IdentityReply> CreateModuleAsync(string moduleId, IdentitySpec spec) => Identity is null
        ? Task.FromResult<IdentityReply>(Refused(HubErrorCode.DeviceNotFound))
        : cluster.Device($"{key}/{moduleId}").CreateAsync(spec);

    public ValueTask<TwinReply> GetTwinAsync()
    {
        cluster.Break();
        return ValueTask.FromResult(Twin);
    }

    public ValueTask<TwinReply> GetDeviceTwinAsync() => throw new NotSupportedException();

    public Task<TwinReply> ChangeTwinAsync(TwinChange change)
    {
        LastChange = change;
        return Task.FromResult(Twin);
    }

    public Task<TwinReply> PatchDesiredAsync(JsonUtf8 patch, string? ifMatch = null) => throw new NotSupportedException();

    public Task<ReportedReply> PatchReportedAsync(JsonUtf8 patch, long? ifVersion = null, ReportOrigin? origin = null) => throw new NotSupportedException();

    public async Task<MethodReply> InvokeMethodAsync(MethodCall call)
    {
        LastCall = call;
        await Answering();
        return MethodReply;
    }

    public Task<AttachReply> AttachAsync(AttachRequest request) => throw new NotSupportedException();

    public Task DetachAsync(SessionRef session) => throw new NotSupportedException();

    public Task<bool> SetSubscriptionsAsync(SessionRef session, SessionSubscriptions subscriptions) => throw new NotSupportedException();

    public ValueTask<SessionStanding> ResumeAsync(SessionRef session) => throw new NotSupportedException();

    public Task OnDeadlineAsync() => throw new NotSupportedException();

    public Task ObserveAsync(ObservationBatch batch) => throw new NotSupportedException();

    public ValueTask<LatestTelemetry?> GetTelemetryAsync() => ValueTask.FromResult(Telemetry);

    internal CloudMessage? LastMessage { get; private set; }

    internal SendMessageReply SendReply { get; set; } = new SendMessageReply.Queued(1);

    internal PurgeMessagesReply PurgeReply { get; set; } = new PurgeMessagesReply.Purged(0);

    public Task<SendMessageReply> SendMessageAsync(CloudMessage message)
    {
        LastMessage = message;
        return Task.FromResult(SendReply);
    }

    public Task<ReceiveMessageReply> ReceiveMessageAsync() => throw new NotSupportedException();

    public Task<SettleMessageReply> SettleMessageAsync(Guid lockToken, MessageOutcome outcome) => throw new NotSupportedException();

    public Task<PurgeMessagesReply> PurgeMessagesAsync() => Task.FromResult(PurgeReply);

    public Task WantMessagesAsync(SessionRef session) => throw new NotSupportedException();

    private IdentityReply.Accepted Accept(IdentitySpec spec)
    {
        var parsed = DeviceKey.Parse(key);
        LastSpec = spec;
        Identity = new DeviceIdentity
        {
            DeviceId = parsed.DeviceId,
            ModuleId = parsed.ModuleId,
            GenerationId = Identity?.GenerationId ?? $"{++generations:D18}",
            ETag = $"etag{++version}",
            Status = spec.Status,
            StatusReason = spec.StatusReason,
            ConnectionState = ConnectionState.Disconnected,
            Authentication = spec.Authentication,
            IotEdge = spec.IotEdge,
            ParentScopes = spec.ParentScopes,
        };
        return new IdentityReply.Accepted(Identity);
    }

    public Task<AssignReply> AssignUpdateAsync(UpdateAssignment assignment) => throw new NotSupportedException();

    public Task<bool> GrantUpdateAsync(string rollout, int epoch) => throw new NotSupportedException();

    public Task<UpdateReply> CancelUpdateAsync(string rollout, string actor, string reason) => Wish("cancel", rollout, actor);

    public Task<UpdateReply> RollBackUpdateAsync(string rollout, string actor, string reason) => Wish("rollback", rollout, actor);

    public Task<UpdateReply> ReleaseQuarantineAsync(string actor) => Wish("release-quarantine", "", actor);

    /// <summary>What was said of its gates by their links.</summary>
    internal List<(string Gate, GateWord Word)> SaidByLink { get; } = [];

    public Task<GateReply> AnswerGateAsync(string gate, GateAnswer answer)
    {
        LastGateAnswer = answer;
        return Task.FromResult<GateReply>(Update?.Gates.FirstOrDefault(one => one.Key == gate) is not { } known ? new GateReply.Unknown()
            : known.Status == GateStatus.Open || answer.Word != GateWord.Renew ? new GateReply.Accepted(known) : new GateReply.Refused(known));
    }

    public Task<GateReply> AnswerGateByLinkAsync(string gate, GateAnswer answer, string token)
    {
        SaidByLink.Add((gate, answer.Word));
        return AnswerGateAsync(gate, answer);
    }

    public Task HoldUpdateAsync(string rollout, PauseLevel level) => throw new NotSupportedException();

    public Task<UpdateReply> ReportUpdateAsync(AgentReport report) => throw new NotSupportedException();

    public Task<AgentOffer?> PollUpdateAsync(UpdateAgent agent) => throw new NotSupportedException();

    public ValueTask<DeviceUpdateView?> GetUpdateAsync() => ValueTask.FromResult(Update);

    private Task<UpdateReply> Wish(string verb, string rollout, string actor)
    {
        LastUpdateWish = (verb, rollout, actor);
        return Task.FromResult(UpdateReply);
    }

    private static IdentityReply.Refused Refused(HubErrorCode code) => new(new Refusal(code, $"refused; really: {code}"));
}
