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

    private const int MaxBatch = 1024;
    private const string OutputName = "iothub-outputname";

    /// <summary>Adds the message to the records; of a batch each, or none.</summary>
    /// <param name="message">As it came.</param>
    /// <param name="origin">Whose it is.</param>
    /// <param name="records">Where they go.</param>
    /// <param name="count">How many were added.</param>
    /// <returns>Why none was added; null if they were.</returns>
    public static Refusal? Write(Message message, EventOrigin origin, ArrayBufferWriter<byte> records, out int count)
    {
        var begun = records.WrittenCount;
        Refusal? why;
        try
        {
            why = WriteEach(MessageParts.Each(message), origin, records, out count);
        }
        catch (AmqpException)
        {
            (why, count) = (new Refusal(HubErrorCode.IotHubFormatError, "Each section of a batch is an encoded message."), 0);
        }

        if (why is not null)
        {
            count = 0;
            records.ResetWrittenCount();
            records.Advance(begun);
        }

        return why;
    }

    private static Refusal? WriteEach(IEnumerable<Message> messages, EventOrigin origin, ArrayBufferWriter<byte> records, out int count)
    {
        count = 0;
        var left = PacketLimits.MaxMessageBytes;
        foreach (var one in messages)
        {
            // Each record says whose it is, which may be longer than what the message says.
            if (count == MaxBatch)
            {
                return new Refusal(HubErrorCode.MessageTooLarge, $"A batch has at most {MaxBatch} messages.");
            }

            if (WriteOne(one, origin, records, ref left) is { } why)
            {
                return why;
            }

            count++;
        }

        return null;
    }

    private static Refusal? WriteOne(Message message, EventOrigin origin, ArrayBufferWriter<byte> records, ref int left)
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

        left -= body.Length + bytes;
        if (left < 0)
        {
            return new Refusal(HubErrorCode.MessageTooLarge, $"A message, or a batch of them, has at most {PacketLimits.MaxMessageBytes} bytes.");
        }

        Write(new EventWriter(records, origin, EventSource.Telemetry), system, properties, body);
        return null;
    }

    private static void Write(EventWriter record, List<EventProperty> system, List<EventProperty> properties, ReadOnlyMemory<byte> body)
    {
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
