using Amqp;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Amqp;

/// <summary>What a back office sends to a device: whom it is for stands in <c>to</c>. Pure.</summary>
internal static class CloudMessageReader
{
    /// <summary>Takes the message apart, its bytes copied.</summary>
    /// <returns>Why it is none; null if it is one.</returns>
    public static LinkError? Read(Message message, out DeviceKey key, out CloudMessage read)
    {
        read = new CloudMessage();
        var to = message.Properties?.To;
        if (!TryKey(to, out key))
        {
            return LinkError.From(new Refusal(HubErrorCode.ArgumentInvalid, "The message's to is /devices/{id}/messages/devicebound."));
        }

        if (!MessageParts.TryBody(message, out var body) || !MessageParts.TryProperties(message, AckLevels.Property, out var properties))
        {
            return LinkError.From(new Refusal(HubErrorCode.IotHubFormatError, "A message has a body of bytes, and properties that are not lists or maps."));
        }

        if (!MessageParts.TryText(message.ApplicationProperties?.Map?[AckLevels.Property], out var text) || !AckLevels.TryParse(text, out var ack))
        {
            return LinkError.From(new Refusal(HubErrorCode.ArgumentInvalid, "iothub-ack is one of none, positive, negative and full."));
        }

        var given = message.Properties!;
        read = new CloudMessage
        {
            MessageId = MessageParts.Id(given.GetMessageId()),
            CorrelationId = MessageParts.Id(given.GetCorrelationId()),
            UserId = MessageParts.UserId(given.UserId),
            To = to,
            ContentType = given.ContentType,
            ContentEncoding = given.ContentEncoding,
            ExpiresAt = given.AbsoluteExpiryTime is var expiry && expiry == default ? null : new DateTimeOffset(expiry.ToUniversalTime()),
            Ack = ack,
            Properties = [.. properties],
            Body = body.ToArray(),
        };
        return null;
    }

    private static bool TryKey(string? to, out DeviceKey key)
    {
        key = default;
        var address = LinkAddress.Parse(to);
        return address.Is("devices", null, "messages", "devicebound") ? DeviceKey.TryCreate(address.Segments[1], null, out key)
            : address.Is("devices", null, "modules", null, "messages", "devicebound")
            && DeviceKey.TryCreate(address.Segments[1], address.Segments[3], out key);
    }
}
