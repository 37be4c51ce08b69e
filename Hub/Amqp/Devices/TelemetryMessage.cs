using System.Buffers;
using System.Text;
using Amqp;
using Muster.Errors;
using Muster.Mqtt;
using Muster.Telemetry;

namespace Muster.Amqp;

/// <summary>A telemetry message of a device as an event record, under the names that <see cref="PropertyBag"/> has for MQTT's. Pure.</summary>
internal static class TelemetryMessage
{
    /// <summary>A message of the largest size that is taken, with room for what its sections cost beyond body and properties.</summary>
    public const int MaxEncodedBytes = PacketLimits.MaxMessageBytes + (64 * 1024);

    private const string OutputName = "iothub-outputname";

    /// <summary>Adds the message to the records.</summary>
    /// <returns>Why it was not added; null if it was.</returns>
    public static Refusal? Write(Message message, EventOrigin origin, ArrayBufferWriter<byte> records)
    {
        if (!MessageParts.TryBody(message, out var body))
        {
            return new Refusal(HubErrorCode.IotHubFormatError, "The body of a message is binary or text.");
        }

        if (!MessageParts.TryProperties(message, OutputName, out var properties))
        {
            return new Refusal(HubErrorCode.IotHubFormatError, "Application properties have names, and values that are not lists or maps.");
        }

        var system = System(message);
        AddCreationTime(message, properties);
        var bytes = Size(system) + Size(properties);
        if (bytes > PacketLimits.MaxPropertyBytes)
        {
            return new Refusal(HubErrorCode.MessageTooLarge, $"The properties of a message have at most {PacketLimits.MaxPropertyBytes} bytes.");
        }

        if (body.Length + bytes > PacketLimits.MaxMessageBytes)
        {
            return new Refusal(HubErrorCode.MessageTooLarge, $"A message has at most {PacketLimits.MaxMessageBytes} bytes.");
        }

        var record = new EventWriter(records, origin, EventSource.Telemetry);
        foreach (var (name, value) in system)
        {
            record.SystemProperty(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value!));
        }

        record.BeginProperties();
        foreach (var (name, value) in properties)
        {
            record.Property(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value ?? ""), isNull: value is null);
        }

        record.End(new ReadOnlySequence<byte>(body));
        return null;
    }

    private static List<EventProperty> System(Message message)
    {
        List<EventProperty> system = [];
        if (message.Properties is { } properties)
        {
            Add("message-id", MessageParts.Id(properties.GetMessageId()));
            Add("correlation-id", MessageParts.Id(properties.GetCorrelationId()));
            Add("user-id", MessageParts.UserId(properties.UserId));
            Add("to", properties.To);
            Add("content-type", properties.ContentType);
            Add("content-encoding", properties.ContentEncoding);
            Add("absolute-expiry-time", properties.AbsoluteExpiryTime is var expiry && expiry == default ? null : MessageParts.Time(expiry));
        }

        Add("iothub-interface-id", MessageParts.Annotation(message, "iothub-interface-id"));
        Add("dt-subject", MessageParts.Annotation(message, "dt-subject"));
        Add(OutputName, message.ApplicationProperties?.Map?[OutputName] as string ?? MessageParts.Annotation(message, OutputName));
        return system;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                system.Add(new EventProperty(name, value));
            }
        }
    }

    private static void AddCreationTime(Message message, List<EventProperty> properties)
    {
        if (message.Properties?.CreationTime is { } made && made != default)
        {
            properties.Add(new EventProperty("iothub-creation-time-utc", MessageParts.Time(made)));
        }
    }

    private static int Size(List<EventProperty> properties) =>
        properties.Sum(static property => Encoding.UTF8.GetByteCount(property.Name) + Encoding.UTF8.GetByteCount(property.Value ?? ""));
}
