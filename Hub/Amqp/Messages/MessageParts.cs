using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Telemetry;

namespace Muster.Amqp;

/// <summary>What the hub keeps of an AMQP message: bytes, and texts whatever type they came in. Pure.</summary>
internal static class MessageParts
{
    private const uint BatchFormat = 0x80013700;

    /// <summary>The body's bytes, of the message's own buffers: one or more Data sections, or a value that is text or binary. False: it is something else.</summary>
    public static bool TryBody(Message message, out ReadOnlyMemory<byte> body)
    {
        switch (message.BodySection)
        {
            case null or AmqpValue { Value: null }:
                body = default;
                return true;
            case Data data:
                body = BytesOf(data);
                return true;
            case DataList list:
                body = Join(list);
                return true;
            case AmqpValue { Value: byte[] bytes }:
                body = bytes;
                return true;
            case AmqpValue { Value: string text }:
                body = Encoding.UTF8.GetBytes(text);
                return true;
            default:
                body = default;
                return false;
        }
    }

    /// <summary>
    /// What Azure's SDKs send for several messages at once: each data section is a whole encoded message. The message itself is the only one of any other.
    /// </summary>
    /// <exception cref="AmqpException">A section holds no message.</exception>
    public static IEnumerable<Message> Each(Message message) => (message.Format, message.BodySection) switch
    {
        (BatchFormat, Data data) => [Decode(data)],
        (BatchFormat, DataList list) => Enumerable.Range(0, list.Count).Select(i => Decode(list[i])),
        _ => [message],
    };

    /// <summary>A simple AMQP value as text: numbers in invariant form, times in ISO 8601 UTC, binary in base64. False: it is a list, a map or the like.</summary>
    public static bool TryText(object? value, out string? text)
    {
        text = value switch
        {
            null => null,
            string plain => plain,
            Symbol symbol => symbol,
            bool flag => flag ? "true" : "false",
            DateTime time => Time(time),
            byte[] bytes => Convert.ToBase64String(bytes),
            IFormattable simple => simple.ToString(null, CultureInfo.InvariantCulture),
            _ => null,
        };
        return value is null || text is not null;
    }

    /// <summary>A message or correlation id as text; null for none.</summary>
    public static string? Id(object? id) => TryText(id, out var text) ? text : null;

    /// <summary>AMQP's user id is binary, what SDKs put there is text.</summary>
    public static string? UserId(byte[]? id) => id is null ? null : Utf8.IsValid(id) ? Encoding.UTF8.GetString(id) : Convert.ToBase64String(id);

    public static string Time(DateTime time) => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    /// <summary>The application properties in the sender's order, without <paramref name="except"/>. False: one of them is not simple, or has no name.</summary>
    public static bool TryProperties(Message message, string? except, out List<EventProperty> properties)
    {
        properties = [];
        foreach (var (key, value) in message.ApplicationProperties?.Map ?? [])
        {
            if (key is not string { Length: > 0 } name || !TryText(value, out var text))
            {
                return false;
            }

            if (name != except)
            {
                properties.Add(new EventProperty(name, text));
            }
        }

        return true;
    }

    /// <summary>Of an annotation that is text; null if it is not there or is not text.</summary>
    public static string? Annotation(Message message, string name) => message.MessageAnnotations?.Map?[new Symbol(name)] switch
    {
        string text => text,
        Symbol symbol => symbol,
        _ => null,
    };

    /// <summary>The whole encoded message.</summary>
    public static byte[] Encode(Message message)
    {
        var buffer = message.Encode();
        return buffer.Buffer.AsSpan(buffer.Offset, buffer.Length).ToArray();
    }

    private static Message Decode(Data data)
    {
        var bytes = BytesOf(data).ToArray();
        try
        {
            return Message.Decode(new ByteBuffer(bytes, 0, bytes.Length, bytes.Length));
        }
        catch (Exception e) when (e is not AmqpException)
        {
            throw new AmqpException(LinkConditions.DecodeError, "A section of a batch holds no message.");
        }
    }

    private static ReadOnlyMemory<byte> BytesOf(Data data) =>
        data.Buffer is { } buffer ? buffer.Buffer.AsMemory(buffer.Offset, buffer.Length) : data.Binary;

    private static byte[] Join(DataList list)
    {
        using var joined = new MemoryStream();
        for (var i = 0; i < list.Count; i++)
        {
            joined.Write(BytesOf(list[i]).Span);
        }

        return joined.ToArray();
    }
}
