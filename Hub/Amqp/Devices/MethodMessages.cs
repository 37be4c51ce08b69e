using System.Buffers.Binary;
using System.Globalization;
using Amqp;
using Amqp.Framing;
using Muster.Methods;

namespace Muster.Amqp;

/// <summary>Direct methods as AMQP messages. C#'s SDK takes the correlation id for a uuid, so it is one: the request's number behind zeroes. Pure.</summary>
internal static class MethodMessages
{
    private const string Name = "IoThub-methodname";
    private const string Status = "IoThub-status";

    /// <summary>The encoded request.</summary>
    public static byte[] Request(MethodCall call, long requestId)
    {
        var message = new Message
        {
            Properties = new Properties(),
            ApplicationProperties = new ApplicationProperties { [Name] = call.Name },
            BodySection = new Data { Binary = call.Payload.Span.ToArray() },
        };
        message.Properties.SetCorrelationId(IdOf(requestId));
        return MessageParts.Encode(message);
    }

    /// <summary>What a device answers. False: the message is no answer.</summary>
    public static bool TryRead(Message message, object? correlationId, out long requestId, out int status)
    {
        status = 0;
        return TryRequestId(correlationId, out requestId) && TryStatus(message.ApplicationProperties?.Map?[Status], out status);
    }

    private static Guid IdOf(long requestId)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id[8..], requestId);
        return new Guid(id, bigEndian: true);
    }

    // Some SDKs give a uuid back as the bytes or the text that they read it as.
    private static bool TryRequestId(object? correlationId, out long requestId)
    {
        var id = correlationId switch
        {
            Guid guid => guid,
            byte[] { Length: 16 } bytes => new Guid(bytes, bigEndian: true),
            string text when Guid.TryParse(text, out var parsed) => parsed,
            _ => Guid.Empty,
        };
        Span<byte> bytesOfId = stackalloc byte[16];
        id.TryWriteBytes(bytesOfId, bigEndian: true, out _);
        requestId = BinaryPrimitives.ReadInt64BigEndian(bytesOfId[8..]);
        return id != Guid.Empty && bytesOfId[..8].IndexOfAnyExcept((byte)0) < 0;
    }

    private static bool TryStatus(object? value, out int status)
    {
        status = 0;
        return value is string text
            ? int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out status)
            : value is IConvertible and not bool and not DateTime and not char && TryConvert((IConvertible)value, out status);
    }

    private static bool TryConvert(IConvertible value, out int status)
    {
        var number = value.ToDouble(CultureInfo.InvariantCulture);
        status = number is >= int.MinValue and <= int.MaxValue ? (int)number : 0;
        return number is >= int.MinValue and <= int.MaxValue;
    }
}
