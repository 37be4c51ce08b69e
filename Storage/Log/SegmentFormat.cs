using System.Buffers.Binary;
using System.Numerics;

namespace Muster.Storage.Log;

/// <summary>
/// What a segment file consists of: a header of 64 bytes, then frames. Little-endian throughout.
/// Header: magic (8), version (uint32), partition (uint32), first offset (int64), floor of the enqueued time (int64 ticks, UTC),
/// created at (int64 ticks, UTC), zeros, CRC32C of what stands before (uint32).
/// Frame: length of the record (uint32), CRC32C of all else in the frame (uint32), offset (int64), enqueued at (int64 ticks, UTC), place in
/// its commit (uint32), record.
/// </summary>
internal static class SegmentFormat
{
    internal const uint Version = 1;
    internal const int HeaderBytes = 64;
    internal const int FrameHeadBytes = 28;

    /// <summary>No record is longer; a length beyond it is damage.</summary>
    internal const int MaxRecordBytes = 1 << 19;

    private static ReadOnlySpan<byte> Magic => "MUSTERLG"u8;

    internal static void WriteHeader(Span<byte> target, in SegmentHeader header)
    {
        target[..HeaderBytes].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], header.Partition);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], header.FirstOffset);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], header.EnqueuedFloor);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], header.CreatedAt);
        BinaryPrimitives.WriteUInt32LittleEndian(target[60..], Crc(~0u, target[..60]));
    }

    /// <summary>The version is told apart from damage: false with <paramref name="version"/> other than <see cref="Version"/> is another format.</summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> source, out SegmentHeader header, out uint version)
    {
        header = default;
        version = Version;
        if (source.Length < HeaderBytes || !source.StartsWith(Magic))
        {
            return false;
        }

        version = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        header = new SegmentHeader(
            BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]));
        return version == Version && BinaryPrimitives.ReadUInt32LittleEndian(source[60..]) == Crc(~0u, source[..60]);
    }

    /// <summary>Writes one frame and returns its size; <paramref name="target"/> must have room for it.</summary>
    internal static int WriteFrame(Span<byte> target, in FrameHead head, ReadOnlySpan<byte> record)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, record.Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], head.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], head.EnqueuedAt);
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], head.PlaceInCommit);
        record.CopyTo(target[FrameHeadBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Crc((uint)record.Length, target[8..(FrameHeadBytes + record.Length)]));
        return FrameHeadBytes + record.Length;
    }

    /// <summary>Reads a frame's head without checking it; <paramref name="source"/> holds at least <see cref="FrameHeadBytes"/>.</summary>
    internal static FrameHead ReadHead(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt32LittleEndian(source),
        BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[24..]));

    /// <summary>True if <paramref name="frame"/> (head and record, exactly) is as it was written.</summary>
    internal static bool IsIntact(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) == Crc((uint)(frame.Length - FrameHeadBytes), frame[8..]);

    private static uint Crc(uint seed, ReadOnlySpan<byte> data)
    {
        // Seeded with the length, which stands outside of what is summed; the complement keeps zeros from summing to zero.
        var crc = ~seed;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}

/// <param name="Partition">The partition that the segment belongs to.</param>
/// <param name="FirstOffset">The offset of its first event.</param>
/// <param name="EnqueuedFloor">Ticks, UTC: no event in it is older; 0 if the partition never held one.</param>
/// <param name="CreatedAt">Ticks, UTC.</param>
internal readonly record struct SegmentHeader(int Partition, long FirstOffset, long EnqueuedFloor, long CreatedAt);

/// <param name="RecordBytes">Length of the record behind the head.</param>
/// <param name="Offset">The event's offset.</param>
/// <param name="EnqueuedAt">Ticks, UTC.</param>
/// <param name="PlaceInCommit">How many events stand before it in the commit that wrote it: tells a torn commit from later damage.</param>
internal readonly record struct FrameHead(int RecordBytes, long Offset, long EnqueuedAt, uint PlaceInCommit)
{
    internal int FrameBytes => SegmentFormat.FrameHeadBytes + RecordBytes;

    internal bool IsPlausible => RecordBytes is > 0 and <= SegmentFormat.MaxRecordBytes;
}
