using System.Buffers.Binary;

namespace Muster.CloudToDevice;

/// <summary>How a message ended; IoT Hub's <c>statusCode</c>. Stored; append only.</summary>
internal enum MessageEnd : byte
{
    Success = 0,
    Expired = 1,
    DeliveryCountExceeded = 2,
    Rejected = 3,
    Purged = 4,
}

/// <summary>Feedback that stands in the device's row until the feedback queue has it for certain.</summary>
/// <param name="Id">The message's own: a message ends once.</param>
/// <param name="At">When it ended, UTC.</param>
/// <param name="End">How.</param>
/// <param name="MessageId">As its sender named it, else its sequence number.</param>
internal sealed record FeedbackRecord(Guid Id, DateTimeOffset At, MessageEnd End, string MessageId)
{
    /// <summary>True for feedback that nobody would be told any more.</summary>
    public bool IsOver(DateTimeOffset now) => At + ServiceRecord.TimeToLive <= now;
}

/// <summary>
/// The feedback of a device that is not yet known to be in the feedback queue, as its row has it: null while there is none, else version (1 byte) and
/// the records, oldest first: length (4 bytes), id (16), ended at (8, ticks), how (1), message id. Never changed.
/// </summary>
internal readonly struct FeedbackOutbox(byte[]? bytes)
{
    private const byte Version = 1;
    private const int HeadBytes = 1;
    private const int FixedBytes = 4 + 16 + 8 + 1;

    public bool IsEmpty => bytes is null;

    public IEnumerable<FeedbackRecord> Records
    {
        get
        {
            for (var at = HeadBytes; at < (bytes?.Length ?? 0);)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
                yield return Read(bytes.AsSpan(at + 4, length - 4));
                at += length;
            }
        }
    }

    public byte[]? With(IReadOnlyCollection<FeedbackRecord> more) => more.Count == 0 ? bytes : Pack([.. Records, .. more]);

    public byte[]? Without(IReadOnlySet<Guid> ids) => Pack([.. Records.Where(record => !ids.Contains(record.Id))]);

    private static FeedbackRecord Read(ReadOnlySpan<byte> record)
    {
        var reader = new ByteReader(record);
        return new FeedbackRecord(reader.Id(), new DateTimeOffset(reader.Number64(), TimeSpan.Zero), (MessageEnd)reader.Byte(), reader.Text()!);
    }

    private static byte[]? Pack(FeedbackRecord[] records)
    {
        if (records.Length == 0)
        {
            return null;
        }

        var packed = new byte[HeadBytes + records.Sum(SizeOf)];
        packed[0] = Version;
        var at = HeadBytes;
        foreach (var record in records)
        {
            var size = SizeOf(record);
            var writer = new ByteWriter(packed.AsSpan(at, size));
            writer.Number32(size);
            writer.Id(record.Id);
            writer.Number64(record.At.UtcTicks);
            writer.Byte((byte)record.End);
            writer.Text(record.MessageId);
            at += size;
        }

        return packed;
    }

    private static int SizeOf(FeedbackRecord record) => FixedBytes + ByteWriter.SizeOf(record.MessageId);
}
