using System.Text;
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
            ApplicationProperties = PropertiesOf(message),
            BodySection = new Data { Binary = message.Body.ToArray() },
        };
        AddIds(encoded.Properties, message);
        return MessageParts.Encode(encoded);
    }

    private static ApplicationProperties PropertiesOf(CloudMessage message)
    {
        var properties = new ApplicationProperties();
        foreach (var (name, value) in message.Properties)
        {
            properties[name] = value;
        }

        if (AckLevels.NameOf(message.Ack) is { } ack)
        {
            properties[AckLevels.Property] = ack;
        }

        return properties;
    }

    private static void AddIds(Properties properties, CloudMessage message)
    {
        if (message.MessageId is { } id)
        {
            properties.SetMessageId(id);
        }

        if (message.CorrelationId is { } correlation)
        {
            properties.SetCorrelationId(correlation);
        }

        if (message.UserId is { } user)
        {
            properties.UserId = Encoding.UTF8.GetBytes(user);
        }

        if (message.ContentType is { } type)
        {
            properties.ContentType = new Symbol(type);
        }

        if (message.ContentEncoding is { } encoding)
        {
            properties.ContentEncoding = new Symbol(encoding);
        }
    }
}
