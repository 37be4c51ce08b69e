using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.CloudToDevice;

namespace Muster.Amqp;

/// <summary>A message to a device as AMQP carries it. Pure.</summary>
internal static class CloudMessageEncoder
{
    private static readonly Symbol LockToken = new("x-opt-lock-token");
    private static readonly Symbol SequenceNumber = new("x-opt-sequence-number");
    private static readonly Symbol EnqueuedTime = new("iothub-enqueuedtime");
    private static readonly Symbol DeliveryCount = new("iothub-deliverycount");

    /// <summary>The encoded message.</summary>
    /// <param name="deviceId">Whom it is for.</param>
    /// <param name="lent">What the device is lent.</param>
    public static byte[] Encode(string deviceId, LockedMessage lent)
    {
        var message = lent.Message;
        var encoded = new Message
        {
            Properties = new Properties
            {
                To = message.To ?? $"/devices/{Uri.EscapeDataString(deviceId)}/messages/devicebound",
                AbsoluteExpiryTime = lent.ExpiresAt.UtcDateTime,
            },
            MessageAnnotations = new MessageAnnotations
            {
                [LockToken] = lent.LockToken,
                [SequenceNumber] = lent.SequenceNumber,
                [EnqueuedTime] = lent.EnqueuedAt.UtcDateTime,
                [DeliveryCount] = lent.DeliveryCount,
            },
            ApplicationProperties = CloudMessageSections.PropertiesOf(message),
            BodySection = new Data { Binary = message.Body.ToArray() },
        };
        CloudMessageSections.AddIds(encoded.Properties, message);
        return MessageParts.Encode(encoded);
    }
}
