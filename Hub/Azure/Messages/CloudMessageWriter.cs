using Amqp;
using Amqp.Framing;
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
        CloudMessageSections.AddIds(properties, message);
        if (message.ExpiresAt is { } expiry)
        {
            properties.AbsoluteExpiryTime = expiry.UtcDateTime;
        }

        var body = new Data { Binary = message.Body.ToArray() };
        return new Message { Properties = properties, ApplicationProperties = CloudMessageSections.PropertiesOf(message), BodySection = body };
    }

    private static string To(DeviceKey key) =>
        $"/devices/{Uri.EscapeDataString(key.DeviceId)}{(key.ModuleId is { } module ? "/modules/" + Uri.EscapeDataString(module) : "")}/messages/devicebound";
}
