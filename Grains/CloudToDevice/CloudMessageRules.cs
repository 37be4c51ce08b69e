using System.Text;
using Muster.Errors;

namespace Muster.CloudToDevice;

/// <summary>What a message to a device may be.</summary>
internal static class CloudMessageRules
{
    private const int MaxProperties = 1000;

    /// <summary>All texts stand in a topic, percent-encoded, which has at most 65,535 bytes; the rest of it takes far less than is left.</summary>
    private const int MaxEncodedBytes = 48 * 1024;

    private const int MaxAddressLength = 1024;

    /// <summary>Null, or why the message is not queued.</summary>
    internal static Refusal? WhyNot(CloudMessage message)
    {
        if (LongId(message) is { } id)
        {
            return Refusals.Invalid($"The {id} of a message has at most {CloudMessage.MaxIdLength} characters.");
        }

        if (new[] { message.To, message.ContentType, message.ContentEncoding }.Any(text => text?.Length > MaxAddressLength))
        {
            return Refusals.Invalid($"To, content type and content encoding of a message have at most {MaxAddressLength} characters each.");
        }

        if (message.Ack is < FeedbackLevel.None or > FeedbackLevel.Full)
        {
            return Refusals.Invalid("iothub-ack is one of none, positive, negative and full.");
        }

        if (message.Properties.IsDefault || message.Properties.Length > MaxProperties || message.Properties.Any(property => string.IsNullOrEmpty(property.Name)))
        {
            return Refusals.Invalid($"A message has at most {MaxProperties} properties, each with a name.");
        }

        if (EncodedSizeOf(message) > MaxEncodedBytes)
        {
            return new(
                HubErrorCode.MessageTooLarge, $"The properties and system properties of the message have more than {MaxEncodedBytes} bytes as MQTT writes them.");
        }

        var size = SizeOf(message);
        return size > CloudMessage.MaxBytes
            ? new(HubErrorCode.MessageTooLarge, $"The message has {size} bytes with its properties; the limit is {CloudMessage.MaxBytes}.")
            : null;
    }

    /// <summary>When the message is thrown away: what its sender says, within the time that a message may live.</summary>
    internal static DateTimeOffset ExpiryOf(CloudMessage message, TimeSpan timeToLive, DateTimeOffset now) =>
        message.ExpiresAt is { } asked && asked < now + timeToLive ? asked : now + timeToLive;

    private static string? LongId(CloudMessage message) =>
        message.MessageId?.Length > CloudMessage.MaxIdLength ? "message id"
        : message.CorrelationId?.Length > CloudMessage.MaxIdLength ? "correlation id"
        : message.UserId?.Length > CloudMessage.MaxIdLength ? "user id"
        : null;

    private static int SizeOf(CloudMessage message) => message.Body.Length
        + Bytes(message.MessageId) + Bytes(message.CorrelationId) + Bytes(message.UserId) + Bytes(message.To) + Bytes(message.ContentType)
        + Bytes(message.ContentEncoding) + message.Properties.Sum(property => Bytes(property.Name) + Bytes(property.Value));

    private static int EncodedSizeOf(CloudMessage message) =>
        Encoded(message.MessageId) + Encoded(message.CorrelationId) + Encoded(message.UserId) + Encoded(message.To) + Encoded(message.ContentType)
        + Encoded(message.ContentEncoding) + message.Properties.Sum(property => Encoded(property.Name) + Encoded(property.Value) + 2);

    private static int Encoded(string? text) => text is null ? 0 : Uri.EscapeDataString(text).Length;

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
