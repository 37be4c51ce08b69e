using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Twins;

namespace Muster.Amqp;

/// <summary>What a device may ask about its twin.</summary>
internal enum TwinOperation
{
    Unknown = 0,
    Get,
    Report,
    Listen,
    StopListening,
}

/// <summary>The twin as AMQP messages: operation and resource are annotations (IoT Hub's device SDKs). Pure.</summary>
internal static class TwinMessages
{
    private const string Notifications = "/notifications/twin/properties/desired";
    private static readonly Symbol Status = new("status");
    private static readonly Symbol Version = new("version");
    private static readonly Symbol Resource = new("resource");

    /// <summary>What is asked for.</summary>
    public static TwinOperation OperationOf(Message message)
    {
        var resource = MessageParts.Annotation(message, "resource")?.TrimEnd('/');
        return MessageParts.Annotation(message, "operation")?.ToUpperInvariant() switch
        {
            "GET" when resource is null or "" => TwinOperation.Get,
            "PATCH" when Is(resource, "/properties/reported") => TwinOperation.Report,
            "PUT" when Is(resource, Notifications) => TwinOperation.Listen,
            "DELETE" when Is(resource, Notifications) => TwinOperation.StopListening,
            _ => TwinOperation.Unknown,
        };
    }

    /// <summary>The reported version that has to hold. False: it is no number.</summary>
    public static bool TryVersion(Message message, out long? version)
    {
        var value = message.MessageAnnotations?.Map?[Version];
        var isNumber = MessageParts.TryText(value, out var text) & long.TryParse(text, out var number);
        version = isNumber ? number : null;
        return isNumber || value is null;
    }

    /// <summary>An encoded answer.</summary>
    /// <param name="correlationId">As it came.</param>
    /// <param name="status">As in HTTP.</param>
    /// <param name="version">Of the reported properties after a report; null for none.</param>
    /// <param name="body">JSON, or nothing.</param>
    public static byte[] Answer(object? correlationId, int status, long? version, ReadOnlySpan<byte> body)
    {
        var message = new Message
        {
            Properties = new Properties(),
            MessageAnnotations = new MessageAnnotations { [Status] = status },
            BodySection = new Data { Binary = body.ToArray() },
        };
        if (correlationId is not null)
        {
            message.Properties.SetCorrelationId(correlationId);
        }

        if (version is { } number)
        {
            message.MessageAnnotations[Version] = number;
        }

        return MessageParts.Encode(message);
    }

    /// <summary>An encoded change of the desired properties.</summary>
    public static byte[] Change(DesiredChange change) => MessageParts.Encode(new Message
    {
        MessageAnnotations = new MessageAnnotations { [Resource] = Notifications, [Version] = change.Version },
        BodySection = new Data { Binary = change.Patch.Span.ToArray() },
    });

    private static bool Is(string? resource, string word) => word.Equals(resource, StringComparison.OrdinalIgnoreCase);
}
