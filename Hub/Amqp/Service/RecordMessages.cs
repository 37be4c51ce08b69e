using System.Collections.Immutable;
using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.CloudToDevice;

namespace Muster.Amqp;

/// <summary>How the records of one queue become a message.</summary>
/// <param name="Queue">Its key.</param>
/// <param name="MaxBatch">Records in one message.</param>
/// <param name="ContentType">Of the message.</param>
/// <param name="IsArray">True: the body is a JSON array of the records; false: the one record.</param>
internal sealed record RecordQueue(string Queue, int MaxBatch, string ContentType, bool IsArray)
{
    /// <summary>Feedback of messages to devices.</summary>
    public static RecordQueue Feedback { get; } =
        new(ServiceQueues.Feedback, ServiceQueues.MaxBatch, "application/vnd.microsoft.iothub.feedback.json", IsArray: true);

    /// <summary>Notices of uploaded files.</summary>
    public static RecordQueue FileNotifications { get; } =
        new(ServiceQueues.FileNotifications, 1, "application/vnd.microsoft.iothub.filenotification.json", IsArray: false);
}

/// <summary>Records for the back office as AMQP carries them. Pure.</summary>
internal static class RecordMessages
{
    private static readonly Symbol LockToken = new("x-opt-lock-token");
    private static readonly Symbol EnqueuedTime = new("iothub-enqueuedtime");
    private static readonly Symbol EventHubsEnqueuedTime = new("x-opt-enqueued-time");
    private static readonly Symbol DeliveryCount = new("iothub-deliverycount");

    /// <summary>The encoded message; it was enqueued when the last of its records came about.</summary>
    public static byte[] Encode(RecordQueue queue, string hubName, LockedRecords lent)
    {
        var at = lent.Records.Max(static record => record.At).UtcDateTime;
        var message = new Message
        {
            Properties = new Properties { UserId = Encoding.UTF8.GetBytes(hubName), ContentType = new Symbol(queue.ContentType), ContentEncoding = new Symbol("utf-8") },
            MessageAnnotations = new MessageAnnotations
            {
                [LockToken] = lent.LockToken,
                [EnqueuedTime] = at,
                [EventHubsEnqueuedTime] = at,
                [DeliveryCount] = lent.DeliveryCount,
            },
            BodySection = new Data { Binary = queue.IsArray ? Array(lent.Records) : lent.Records[0].Body.ToArray() },
        };
        message.Properties.SetMessageId(lent.LockToken.ToString());
        return MessageParts.Encode(message);
    }

    private static byte[] Array(ImmutableArray<ServiceRecord> records)
    {
        using var text = new MemoryStream();
        text.WriteByte((byte)'[');
        for (var i = 0; i < records.Length; i++)
        {
            if (i > 0)
            {
                text.WriteByte((byte)',');
            }

            text.Write(records[i].Body.Span);
        }

        text.WriteByte((byte)']');
        return text.ToArray();
    }
}
