using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Calls;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.CloudToDevice;

/// <summary><c>/devices/{deviceId}/commands</c>, IoT Hub's, and <c>/api/v1/devices/{deviceId}/messages</c>, ours: messages to a device.</summary>
internal static class MessageEndpoints
{
    private const string Tag = "Cloud-to-device messages";

    /// <summary>IoT Hub's own route.</summary>
    internal static void MapCommands(this IEndpointRouteBuilder routes) =>
        routes.MapDelete("/devices/{deviceId}/commands", PurgeMessages).WithTags(Tag).WithName(nameof(PurgeMessages))
            .WithSummary("Throw away all messages in a device's queue").Requires(AccessRights.ServiceConnect)
            .Answers<PurgeResponse>("The queue is empty, durably.").MayRefuse(HubErrorCode.DeviceNotFound);

    /// <summary>Ours, for those who do not speak AMQP.</summary>
    internal static void MapMessages(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/devices/{deviceId}/messages", SendMessage).WithTags(Tag).WithName(nameof(SendMessage))
            .WithSummary("Put a message into a device's queue")
            .WithDescription("A call whose outcome is unknown (503, 504) may have queued the message.")
            .WithMetadata(new GrainCallKind(Repeat.IfNotRun))
            .Requires(AccessRights.ServiceConnect).Takes<MessageRequest>().Answers<SendMessageResponse>("It is in the queue, durably.")
            .MayRefuse(
                HubErrorCode.DeviceNotFound, HubErrorCode.DeviceMaximumQueueDepthExceeded, HubErrorCode.MessageTooLarge, HubErrorCode.ThrottlingException);

    private static async Task<Results<JsonAnswer<PurgeResponse>, HubError>> PurgeMessages(string deviceId, IGrainFactory grains) =>
        await grains.Device(deviceId).PurgeMessagesAsync() switch
        {
            PurgeMessagesReply.Purged purged => HubJson.Ok(new PurgeResponse(deviceId, null, purged.Count), ApiJson.Default.PurgeResponse),
            PurgeMessagesReply.Refused refused => new HubError(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private static async Task<Results<JsonAnswer<SendMessageResponse>, ProblemHttpResult>> SendMessage(
        string deviceId, RequestBody<MessageRequest> body, IGrainFactory grains) =>
        await grains.Device(deviceId).SendMessageAsync(body.Value.ToMessage(deviceId)) switch
        {
            SendMessageReply.Queued queued => HubJson.Ok(new SendMessageResponse(queued.SequenceNumber), ApiJson.Default.SendMessageResponse),
            SendMessageReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
}
