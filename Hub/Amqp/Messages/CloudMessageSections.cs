using System.Text;
using Amqp.Framing;
using Amqp.Types;
using Muster.CloudToDevice;

namespace Muster.Amqp;

/// <summary>What a message to a device says of itself in AMQP, the same from the back office to the hub and from the hub to the device. Pure.</summary>
internal static class CloudMessageSections
{
    /// <summary>The sender's properties, and which ends of the message it wants to hear of.</summary>
    internal static ApplicationProperties PropertiesOf(CloudMessage message)
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

    /// <summary>Ids and content, where the message has them.</summary>
    internal static void AddIds(Properties properties, CloudMessage message)
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
