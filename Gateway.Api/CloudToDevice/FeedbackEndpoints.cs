using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Calls;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.CloudToDevice;

/// <summary><c>/messages/servicebound/feedback</c>: what became of messages to devices, for back offices that do not speak AMQP. They share it with those that do.</summary>
internal static class FeedbackEndpoints
{
    private const string Tag = "Cloud-to-device messages";

    internal static void MapFeedback(this IEndpointRouteBuilder routes)
    {
        var feedback = routes.MapGroup("/messages/servicebound/feedback").WithTags(Tag);
        feedback.MapGet("", ReceiveFeedback).WithName(nameof(ReceiveFeedback)).WithSummary("Receive feedback of messages to devices")
            .WithDescription("What is received is locked for a minute by the token in ETag, and comes again if it is not completed by then.")
            .WithMetadata(new GrainCallKind(Repeat.IfNotRun)).Requires(AccessRights.ServiceConnect)
            .Answers<FeedbackResponse[]>("The oldest records, at most 64; the lock token in ETag.", contentType: FeedbackAnswer.ContentType)
            .AnswersNothing("There is none.");
        feedback.MapDelete("/{lockToken}", CompleteFeedback).WithName(nameof(CompleteFeedback)).WithSummary("Complete feedback that was received")
            .Requires(AccessRights.ServiceConnect).AnswersNothing("It does not come again.").MayRefuse(HubErrorCode.DeviceMessageLockLost);
        feedback.MapPost("/{lockToken}/abandon", AbandonFeedback).WithName(nameof(AbandonFeedback)).WithSummary("Give received feedback back")
            .Requires(AccessRights.ServiceConnect).AnswersNothing("It is there to be received again.").MayRefuse(HubErrorCode.DeviceMessageLockLost);
    }

    private static async Task<Results<FeedbackAnswer, NoContent>> ReceiveFeedback(IGrainFactory grains) =>
        await grains.Feedback().ReceiveAsync(ServiceQueues.MaxBatch, TimeSpan.Zero) is { } lent ? new FeedbackAnswer(lent) : TypedResults.NoContent();

    private static Task<Results<NoContent, HubError>> CompleteFeedback(string lockToken, IGrainFactory grains) =>
        SettleAsync(lockToken, MessageOutcome.Complete, grains);

    private static Task<Results<NoContent, HubError>> AbandonFeedback(string lockToken, IGrainFactory grains) =>
        SettleAsync(lockToken, MessageOutcome.Abandon, grains);

    private static async Task<Results<NoContent, HubError>> SettleAsync(string lockToken, MessageOutcome outcome, IGrainFactory grains) =>
        Guid.TryParse(lockToken, out var token) && await grains.Feedback().SettleAsync(token, outcome)
            ? TypedResults.NoContent()
            : new HubError(new Refusal(HubErrorCode.DeviceMessageLockLost, "No feedback is locked by this token, or its lock lapsed."));
}
