using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muster.Calls;
using Muster.Devices;
using Muster.Errors;
using Muster.Http;

namespace Muster.CloudToDevice;

/// <summary><c>/devices/{id}/messages/devicebound</c>: a device asks for its next message, and settles it by the token that came with it.</summary>
internal static class MessageRoutes
{
    internal static void MapCloudToDevice(this IEndpointRouteBuilder routes)
    {
        var messages = routes.MapGroup("/devices/{deviceId}/messages/devicebound");
        messages.MapGet("", ReceiveAsync);
        messages.MapDelete("/{lockToken}", CompleteOrRejectAsync);
        messages.MapPost("/{lockToken}/abandon", AbandonAsync);
    }

    private static async Task<IResult> ReceiveAsync(HttpContext context, IGrainFactory grains, GrainCalls calls)
    {
        // Not again where the outcome is unknown: a message that was lent in vain comes back when its lock lapses.
        var key = DeviceCaller.Of(context).Key.ToString();
        return await calls.CallAsync(key, Repeat.IfNotRun, () => grains.GetGrain<IDeviceGrain>(key).ReceiveMessageAsync(), context.RequestAborted) switch
        {
            ReceiveMessageReply.Locked { Message: var message } => new MessageAnswer(message),
            ReceiveMessageReply.Empty => TypedResults.NoContent(),
            ReceiveMessageReply.Refused { Why: var why } => new DeviceError(why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    // The SDKs reject by a flag without a value: DELETE …?api-version=…&reject.
    private static Task<IResult> CompleteOrRejectAsync(HttpContext context, string lockToken, IGrainFactory grains, GrainCalls calls) =>
        SettleAsync(context, lockToken, context.Request.Query.ContainsKey("reject") ? MessageOutcome.Reject : MessageOutcome.Complete, grains, calls);

    private static Task<IResult> AbandonAsync(HttpContext context, string lockToken, IGrainFactory grains, GrainCalls calls) =>
        SettleAsync(context, lockToken, MessageOutcome.Abandon, grains, calls);

    private static async Task<IResult> SettleAsync(HttpContext context, string lockToken, MessageOutcome outcome, IGrainFactory grains, GrainCalls calls)
    {
        if (!Guid.TryParse(lockToken, out var token))
        {
            return new DeviceError(new Refusal(HubErrorCode.DeviceMessageLockLost, "No message is locked by this token."));
        }

        var key = DeviceCaller.Of(context).Key.ToString();
        return await calls.CallAsync(key, Repeat.IfNotRun, () => grains.GetGrain<IDeviceGrain>(key).SettleMessageAsync(token, outcome), context.RequestAborted) switch
        {
            SettleMessageReply.Settled => TypedResults.NoContent(),
            SettleMessageReply.Refused { Why: var why } => new DeviceError(why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }
}
