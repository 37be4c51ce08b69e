using Muster.CloudToDevice;
using Muster.Gates;
using Muster.Json;
using Muster.Methods;
using Muster.Rollouts;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Twins;
using Muster.Updates;
using Orleans.Concurrency;

namespace Muster.Devices;

/// <summary>
/// One device or module: identity, twin, session and what its telemetry last said. Key: <see cref="DeviceKey"/>, i.e. <c>device</c> or
/// <c>device/module</c>. Every reply that says a change was accepted is sent after the change was durable.
/// A storage fault is an <see cref="OrleansException"/>: the outcome is then unknown, and the caller reads again before it retries.
/// </summary>
[Alias("muster.IDeviceGrain")]
public interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>The identity; null if the id is not registered.</summary>
    [Alias("GetIdentity"), ReadOnly, AlwaysInterleave]
    ValueTask<DeviceIdentity?> GetIdentityAsync();

    /// <summary>Registers the id, with an empty twin or with <paramref name="twin"/>'s tags and desired properties.</summary>
    /// <returns>Refused: DeviceAlreadyExists or ModuleAlreadyExistsOnDevice; DeviceNotFound for a module of no device; ArgumentInvalid.</returns>
    [Alias("Create")]
    Task<IdentityReply> CreateAsync(IdentitySpec spec, TwinChange? twin = null);

    /// <summary>Replaces status, reason, authentication and capabilities. Disabling closes the session.</summary>
    /// <param name="spec">What the identity is to be.</param>
    /// <param name="ifMatch">The etag that must still hold; null or <c>*</c> for any.</param>
    /// <returns>Refused: DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid.</returns>
    [Alias("Update")]
    Task<IdentityReply> UpdateAsync(IdentitySpec spec, string? ifMatch);

    /// <summary>Deletes the identity with its twin, and a device's modules with it; closes its sessions.</summary>
    /// <returns>Refused: DeviceNotFound, ModuleNotFound, PreconditionFailed.</returns>
    [Alias("Delete")]
    Task<IdentityReply> DeleteAsync(string? ifMatch);

    /// <summary>
    /// Registers a module of this device. Asked of the device, not of the module, so that it takes its turn with the deletion of the device.
    /// </summary>
    /// <returns>As <see cref="CreateAsync"/>; TooManyModulesOnDevice beyond 50.</returns>
    [Alias("CreateModule")]
    Task<IdentityReply> CreateModuleAsync(string moduleId, IdentitySpec spec);

    /// <summary>The twin as the service sees it (tags, both property sections with <c>$metadata</c>, identity fields).</summary>
    /// <returns>Refused: DeviceNotFound or ModuleNotFound.</returns>
    [Alias("GetTwin"), ReadOnly, AlwaysInterleave]
    ValueTask<TwinReply> GetTwinAsync();

    /// <summary>The twin as the device sees it: <c>{"desired":{…,"$version":n},"reported":{…,"$version":n}}</c>, no tags, no metadata.</summary>
    /// <returns>Refused: DeviceNotFound or ModuleNotFound.</returns>
    [Alias("GetDeviceTwin"), ReadOnly, AlwaysInterleave]
    ValueTask<TwinReply> GetDeviceTwinAsync();

    /// <summary>Merges or replaces tags and desired properties in one durable step, then pushes the desired change to the session.</summary>
    /// <returns>Refused: DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid (a limit of IoT Hub's twins is broken).</returns>
    [Alias("ChangeTwin"), AlwaysInterleave]
    Task<TwinReply> ChangeTwinAsync(TwinChange change);

    /// <summary>Merges <paramref name="patch"/> (JSON Merge Patch, RFC 7396, arrays as values) into the desired properties.</summary>
    [Alias("PatchDesired"), AlwaysInterleave]
    Task<TwinReply> PatchDesiredAsync(JsonUtf8 patch, string? ifMatch = null);

    /// <summary>Merges <paramref name="patch"/> into the reported properties, as the device says it.</summary>
    /// <param name="patch">A JSON object; null values delete.</param>
    /// <param name="ifVersion">The reported <c>$version</c> that must still hold; null for any.</param>
    /// <param name="origin">The session that says it; null: in the device's name, in whatever order it comes.</param>
    [Alias("PatchReported"), AlwaysInterleave]
    Task<ReportedReply> PatchReportedAsync(JsonUtf8 patch, long? ifVersion = null, ReportOrigin? origin = null);

    /// <summary>
    /// Calls a direct method on the connected device and returns its answer. No turn of the grain is held while the device thinks: the call
    /// and its time-out live beside the socket.
    /// </summary>
    /// <returns>
    /// Refused: DeviceNotFound; DeviceNotOnline once the connect time-out passed; GatewayTimeout once the response time-out passed; ArgumentInvalid.
    /// </returns>
    [Alias("InvokeMethod"), AlwaysInterleave, ResponseTimeout("00:10:30")]
    Task<MethodReply> InvokeMethodAsync(MethodCall call);

    /// <summary>A session of this device, already authenticated, takes over from the one before, which is told to close.</summary>
    [Alias("Attach")]
    Task<AttachReply> AttachAsync(AttachRequest request);

    /// <summary>The session ended. Idempotent; a session that is no longer the current one changes nothing.</summary>
    [Alias("Detach"), AlwaysInterleave]
    Task DetachAsync(SessionRef session);

    /// <summary>Records what the session is subscribed to; durable for sessions that are to outlive their connection.</summary>
    /// <returns>False if the session is no longer the current one.</returns>
    [Alias("SetSubscriptions"), AlwaysInterleave]
    Task<bool> SetSubscriptionsAsync(SessionRef session, SessionSubscriptions subscriptions);

    /// <summary>
    /// Asked by a session that goes on after silos were lost: is it still the device's, and did it hear of every desired change? Changes nothing.
    /// </summary>
    [Alias("Resume"), ReadOnly, AlwaysInterleave]
    ValueTask<SessionStanding> ResumeAsync(SessionRef session);

    /// <summary>The row's deadline has come, or seemed to: does what is due, by the grain's own state and clock. Idempotent.</summary>
    [Alias("OnDeadline")]
    Task OnDeadlineAsync();

    /// <summary>
    /// Applies telemetry that stands in the event log: last activity and the last value of each field. Returns once that is durable.
    /// Idempotent: offsets that were applied before change nothing. An unregistered id is ignored.
    /// </summary>
    [Alias("Observe"), AlwaysInterleave]
    Task ObserveAsync(ObservationBatch batch);

    /// <summary>The last value of each telemetry field; null if the id is not registered.</summary>
    [Alias("GetTelemetry"), ReadOnly, AlwaysInterleave]
    ValueTask<LatestTelemetry?> GetTelemetryAsync();

    /// <summary>
    /// Puts a message into the device's queue and hands it to the session that listens, if there is one. A disabled device's messages wait for it.
    /// </summary>
    /// <returns>
    /// Refused: DeviceNotFound; DeviceMaximumQueueDepthExceeded; MessageTooLarge; ThrottlingException while feedback cannot be delivered; ArgumentInvalid,
    /// for modules too, which have no queue. Not idempotent: a call whose outcome is unknown may have queued the message.
    /// </returns>
    [Alias("SendMessage"), AlwaysInterleave]
    Task<SendMessageReply> SendMessageAsync(CloudMessage message);

    /// <summary>Lends the device its oldest message that nobody has; for devices that ask (HTTPS), whether or not a session listens.</summary>
    [Alias("ReceiveMessage"), AlwaysInterleave]
    Task<ReceiveMessageReply> ReceiveMessageAsync();

    /// <summary>
    /// Settles a message that was lent, by <see cref="ReceiveMessageAsync"/> or to a session; Complete and Reject are answered once they are durable. A
    /// session that has room again because of it is handed more.
    /// </summary>
    /// <returns>Refused: DeviceNotFound; DeviceMessageLockLost.</returns>
    [Alias("SettleMessage"), AlwaysInterleave]
    Task<SettleMessageReply> SettleMessageAsync(Guid lockToken, MessageOutcome outcome);

    /// <summary>Throws every message in the queue away, those too that are lent; feedback is Purged.</summary>
    /// <returns>Refused: DeviceNotFound or ModuleNotFound.</returns>
    [Alias("PurgeMessages"), AlwaysInterleave]
    Task<PurgeMessagesReply> PurgeMessagesAsync();

    /// <summary>
    /// A session that took fewer messages than it was handed has room again (credit of an AMQP link, for one): it is handed what waits. Returns at once.
    /// </summary>
    [Alias("WantMessages"), AlwaysInterleave]
    Task WantMessagesAsync(SessionRef session);

    /// <summary>The device's turn in a rollout has come. Idempotent by rollout and epoch; an older epoch changes nothing. Answered once it is durable.</summary>
    [Alias("AssignUpdate"), AlwaysInterleave]
    Task<AssignReply> AssignUpdateAsync(UpdateAssignment assignment);

    /// <summary>Room under the rollout's limits was taken for a member that waited for it. Idempotent; for another epoch it changes nothing.</summary>
    /// <returns>False if the device needs it no more (its window closed, it ended): the room is free again.</returns>
    [Alias("GrantUpdate"), AlwaysInterleave]
    Task<bool> GrantUpdateAsync(string rollout, int epoch);

    /// <summary>Stops the update of this rollout, if nothing was installed yet; one that is being installed goes on to its end. Idempotent.</summary>
    /// <param name="rollout">The rollout that the device is a member of.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="reason">Why, one word.</param>
    /// <returns>Unknown if the device is at no update of the rollout.</returns>
    [Alias("CancelUpdate"), AlwaysInterleave]
    Task<UpdateReply> CancelUpdateAsync(string rollout, string actor, string reason);

    /// <summary>Takes a device back to what it ran before, from installed on until it is verified. One that still installs finishes first: ask again. Idempotent.</summary>
    [Alias("RollBackUpdate"), AlwaysInterleave]
    Task<UpdateReply> RollBackUpdateAsync(string rollout, string actor, string reason);

    /// <summary>The rollout holds back, or lets go: offers, installs or reboots that have not begun. Idempotent; for another rollout it changes nothing.</summary>
    [Alias("HoldUpdate"), AlwaysInterleave]
    Task HoldUpdateAsync(string rollout, PauseLevel level);

    /// <summary>An operator lets rollouts touch a quarantined device again. Idempotent.</summary>
    [Alias("ReleaseQuarantine"), AlwaysInterleave]
    Task<UpdateReply> ReleaseQuarantineAsync(string actor);

    /// <summary>Somebody says something of one of the gates of the device's update. Idempotent; answered once it is durable.</summary>
    /// <param name="gate">The gate's key, see <see cref="GateView.Key"/>.</param>
    /// <param name="answer">What.</param>
    [Alias("AnswerGate"), AlwaysInterleave]
    Task<GateReply> AnswerGateAsync(string gate, GateAnswer answer);

    /// <summary>As <see cref="AnswerGateAsync"/>, by whoever was given the gate's own link.</summary>
    /// <param name="gate">The gate's key.</param>
    /// <param name="answer">What.</param>
    /// <param name="token">Of the link; where it does not hold, the answer is that there is no such gate.</param>
    [Alias("AnswerGateByLink"), AlwaysInterleave]
    Task<GateReply> AnswerGateByLinkAsync(string gate, GateAnswer answer, string token);

    /// <summary>What the device's agent says of its update. Answered once what it changed is durable.</summary>
    [Alias("ReportUpdate"), AlwaysInterleave]
    Task<UpdateReply> ReportUpdateAsync(AgentReport report);

    /// <summary>What the device's agent is to be shown now; null if there is nothing for it. Counts as a sign of life of the device.</summary>
    [Alias("PollUpdate"), AlwaysInterleave]
    Task<AgentOffer?> PollUpdateAsync(UpdateAgent agent);

    /// <summary>The update under way or last finished; null if there never was one, or the id is not registered.</summary>
    [Alias("GetUpdate"), ReadOnly, AlwaysInterleave]
    ValueTask<DeviceUpdateView?> GetUpdateAsync();
}
