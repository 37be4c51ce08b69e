using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Amqp;
using Muster.CloudToDevice;
using Muster.Devices;

namespace Muster.Upstream;

/// <summary>A message to a device as a back office sends it. Pure.</summary>
internal static class CloudMessageWriter
{
    internal static Message Write(DeviceKey key, CloudMessage message)
    {
        var properties = new Properties { To = To(key) };
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

        if (message.ExpiresAt is { } expiry)
        {
            properties.AbsoluteExpiryTime = expiry.UtcDateTime;
        }

        var body = new Data { Binary = message.Body.ToArray() };
        return new Message { Properties = properties, ApplicationProperties = PropertiesOf(message), BodySection = body };
    }

    private static string To(DeviceKey key) =>
        $"/devices/{Uri.EscapeDataString(key.DeviceId)}{(key.ModuleId is { } module ? "/modules/" + Uri.EscapeDataString(module) : "")}/messages/devicebound";

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
}
