using System.Buffers.Binary;

namespace Muster.Storage.Log;

/// <summary>Records as they are appended: each with its length (uint32, little-endian) before it.</summary>
internal static class RecordFraming
{
    internal const int LengthBytes = 4;

    /// <summary>How many records these bytes are; -1 if they do not add up, or one is empty or longer than a log takes.</summary>
    internal static int Count(ReadOnlySpan<byte> records)
    {
        var count = 0;
        for (; records.Length >= LengthBytes; count++)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(records);
            if (length is 0 or > SegmentFormat.MaxRecordBytes || length > records.Length - LengthBytes)
            {
                return -1;
            }

            records = records[(LengthBytes + (int)length)..];
        }

        return records.IsEmpty ? count : -1;
    }

    /// <summary>Takes the first record, without its length, off <paramref name="records"/>; false at the end.</summary>
    /// <exception cref="InvalidDataException">They do not add up.</exception>
    internal static bool TryTake(ref ReadOnlySpan<byte> records, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (records.IsEmpty)
        {
            return false;
        }

        var length = records.Length < LengthBytes ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(records);
        if (length > records.Length - LengthBytes)
        {
            throw new InvalidDataException("Event records do not add up.");
        }

        record = records.Slice(LengthBytes, (int)length);
        records = records[(LengthBytes + (int)length)..];
        return true;
    }
}
