using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Muster.CloudToDevice;

/// <summary>What became of one message to a device, for the API's description.</summary>
/// <param name="OriginalMessageId">As its sender called it; its sequence number if that was not at all.</param>
/// <param name="EnqueuedTimeUtc">When it was known what became of it.</param>
/// <param name="StatusCode"><c>Success</c>, <c>Expired</c>, <c>DeliveryCountExceeded</c>, <c>Rejected</c> or <c>Purged</c>.</param>
/// <param name="Description">The same.</param>
/// <param name="DeviceGenerationId">Tells devices apart that were registered under one id.</param>
internal sealed record FeedbackResponse(
    string OriginalMessageId, DateTimeOffset EnqueuedTimeUtc, string StatusCode, string Description, string DeviceId, string DeviceGenerationId);

/// <summary>Records as the queue has them, in an array; the lock token as the quoted <c>ETag</c>.</summary>
internal sealed class FeedbackAnswer(LockedRecords lent) : IResult, IStatusCodeHttpResult
{
    internal const string ContentType = "application/vnd.microsoft.iothub.feedback.json";

    public int? StatusCode => StatusCodes.Status200OK;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = lent.Records.Sum(static record => record.Body.Length) + lent.Records.Length + 1;
        response.Headers[HeaderNames.ETag] = $"\"{lent.LockToken:D}\"";
        response.Headers["iothub-enqueuedtime"] = lent.Records.Max(static record => record.At).UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        response.Headers["iothub-deliverycount"] = lent.DeliveryCount.ToString(CultureInfo.InvariantCulture);
        var separator = "["u8.ToArray();
        foreach (var record in lent.Records)
        {
            await response.BodyWriter.WriteAsync(separator, httpContext.RequestAborted);
            await response.BodyWriter.WriteAsync(record.Body, httpContext.RequestAborted);
            separator[0] = (byte)',';
        }

        await response.BodyWriter.WriteAsync("]"u8.ToArray(), httpContext.RequestAborted);
    }
}
