using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Muster.CloudToDevice;

/// <summary>A locked message as HTTPS shows it: its properties as headers, its lock token as the quoted <c>ETag</c>, its bytes as the body.</summary>
internal sealed class MessageAnswer(LockedMessage locked) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        WriteHeaders(response.Headers);
        response.ContentType = "application/octet-stream";
        response.ContentLength = locked.Message.Body.Length;
        await response.Body.WriteAsync(locked.Message.Body, httpContext.RequestAborted);
    }

    internal void WriteHeaders(IHeaderDictionary headers)
    {
        var message = locked.Message;

        // Node's SDK cuts the first and the last character off, whatever they are, and puts the rest into a path as it stands.
        headers[HeaderNames.ETag] = $"\"{locked.LockToken:D}\"";
        Add(headers, "iothub-messageid", message.MessageId);
        Add(headers, "iothub-correlationid", message.CorrelationId);
        Add(headers, "iothub-userid", message.UserId);
        Add(headers, "iothub-to", message.To);
        Add(headers, "iothub-contenttype", message.ContentType);
        Add(headers, "iothub-contentencoding", message.ContentEncoding);
        Add(headers, "iothub-sequencenumber", locked.SequenceNumber.ToString(CultureInfo.InvariantCulture));
        Add(headers, "iothub-enqueuedtime", Text(locked.EnqueuedAt));
        Add(headers, "iothub-expiry", Text(locked.ExpiresAt));
        Add(headers, "iothub-deliverycount", locked.DeliveryCount.ToString(CultureInfo.InvariantCulture));
        Add(headers, "iothub-ack", message.Ack switch
        {
            FeedbackLevel.Positive => "positive",
            FeedbackLevel.Negative => "negative",
            FeedbackLevel.Full => "full",
            _ => "none",
        });
        foreach (var property in message.Properties)
        {
            Add(headers, $"iothub-app-{property.Name}", property.Value ?? "");
        }
    }

    /// <summary>A header holds visible ASCII only: a name that is none is left out, a value is percent-encoded where it must be.</summary>
    private static void Add(IHeaderDictionary headers, string name, string? value)
    {
        if (value is not null && name.All(IsTokenCharacter))
        {
            headers[name] = value.All(c => c is >= ' ' and <= '~') ? value : Uri.EscapeDataString(value);
        }
    }

    // RFC 9110 section 5.6.2.
    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
