using System.Buffers.Binary;
using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.CloudToDevice;

/// <summary>
/// One message where it stands in a device's queue. Its head has fixed places, so that a queue is looked through without its messages being taken apart:
/// length (4 bytes), id (16), sequence number, enqueued at, expires at (8 each, ticks), deliveries and flags (1 each); the message follows.
/// </summary>
internal readonly struct QueuedMessage(ReadOnlyMemory<byte> bytes)
{
    private const int IdAt = 4;
    private const int SequenceAt = 20;
    private const int EnqueuedAtAt = 28;
    private const int ExpiresAtAt = 36;
    private const int DeliveriesAt = 44;
    private const int FlagsAt = 45;
    private const int HeadBytes = 46;
    private const byte AckBits = 3;
    private const byte ExpiryAsked = 4;

    /// <summary>As it is stored.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>Of the message, for ever; its feedback has the same.</summary>
    public Guid Id => new(bytes.Span.Slice(IdAt, 16));

    public long Sequence => Number(SequenceAt);

    public DateTimeOffset EnqueuedAt => Time(EnqueuedAtAt);

    public DateTimeOffset ExpiresAt => Time(ExpiresAtAt);

    /// <summary>How often it was delivered, as far as that is stored.</summary>
    public int Deliveries => bytes.Span[DeliveriesAt];

    public FeedbackLevel Ack => (FeedbackLevel)(bytes.Span[FlagsAt] & AckBits);

    public string? MessageId
    {
        get
        {
            var reader = new ByteReader(bytes.Span[HeadBytes..]);
            return reader.Text();
        }
    }

    /// <summary>Takes the message apart; its body stays where it is.</summary>
    public CloudMessage Read()
    {
        var reader = new ByteReader(bytes.Span[HeadBytes..]);
        var message = new CloudMessage
        {
            MessageId = reader.Text(),
            CorrelationId = reader.Text(),
            UserId = reader.Text(),
            To = reader.Text(),
            ContentType = reader.Text(),
            ContentEncoding = reader.Text(),
            ExpiresAt = (bytes.Span[FlagsAt] & ExpiryAsked) != 0 ? ExpiresAt : null,
            Ack = Ack,
            Properties = ReadProperties(ref reader),
        };
        return message with { Body = bytes[^reader.Rest.Length..] };
    }

    /// <summary>Packs a message at the end of a queue.</summary>
    public static int SizeOf(CloudMessage message)
    {
        var size = HeadBytes + ByteWriter.SizeOf(message.MessageId) + ByteWriter.SizeOf(message.CorrelationId) + ByteWriter.SizeOf(message.UserId)
            + ByteWriter.SizeOf(message.To) + ByteWriter.SizeOf(message.ContentType) + ByteWriter.SizeOf(message.ContentEncoding)
            + ByteWriter.SizeOf(message.Properties.Length) + message.Body.Length;
        foreach (var (name, value) in message.Properties)
        {
            size += ByteWriter.SizeOf(name) + ByteWriter.SizeOf(value);
        }

        return size;
    }

    /// <summary>Writes exactly <see cref="SizeOf"/> bytes.</summary>
    public static void Write(Span<byte> to, CloudMessage message, MessageStamp stamp)
    {
        var writer = new ByteWriter(to);
        writer.Number32(to.Length);
        writer.Id(stamp.Id);
        writer.Number64(stamp.Sequence);
        writer.Number64(stamp.EnqueuedAt.UtcTicks);
        writer.Number64(stamp.ExpiresAt.UtcTicks);
        writer.Byte(0);
        writer.Byte((byte)((int)message.Ack | (message.ExpiresAt is null ? 0 : ExpiryAsked)));
        writer.Text(message.MessageId);
        writer.Text(message.CorrelationId);
        writer.Text(message.UserId);
        writer.Text(message.To);
        writer.Text(message.ContentType);
        writer.Text(message.ContentEncoding);
        writer.Count(message.Properties.Length);
        foreach (var (name, value) in message.Properties)
        {
            writer.Text(name);
            writer.Text(value);
        }

        writer.Bytes(message.Body.Span);
    }

    /// <summary>Notes in <paramref name="stored"/>, a copy of a message that nobody else has yet, how often it was delivered.</summary>
    public static void SetDeliveries(Span<byte> stored, int deliveries) => stored[DeliveriesAt] = (byte)Math.Min(deliveries, byte.MaxValue);

    private static ImmutableArray<EventProperty> ReadProperties(ref ByteReader reader)
    {
        var properties = new EventProperty[reader.Count()];
        for (var i = 0; i < properties.Length; i++)
        {
            properties[i] = new EventProperty(reader.Text()!, reader.Text());
        }

        return [.. properties];
    }

    private long Number(int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[at..]);

    private DateTimeOffset Time(int at) => new(Number(at), TimeSpan.Zero);
}

/// <summary>What the queue adds to a message.</summary>
internal readonly record struct MessageStamp(Guid Id, long Sequence, DateTimeOffset EnqueuedAt, DateTimeOffset ExpiresAt);
