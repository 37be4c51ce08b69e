using System.Buffers;

namespace Muster.Storage.Log;

/// <summary>Finds where the last segment of a partition ends.</summary>
internal static class SegmentRecovery
{
    private const int ReadBytes = 1 << 20;

    /// <summary>
    /// Walks the segment and checks every event. What follows the last whole one is a commit that the process did not finish, unless a
    /// later commit stands behind it: then a committed event is damaged.
    /// </summary>
    /// <exception cref="DataFolderException">A committed event is damaged.</exception>
    internal static SegmentTail FindTail(Segment segment)
    {
        var fileBytes = new FileInfo(segment.Path).Length;
        var (next, enqueuedAt) = (segment.FirstOffset, segment.Header.EnqueuedFloor);
        using var frames = new FrameReader(segment.Path, SegmentFormat.HeaderBytes, fileBytes, ReadBytes);
        for (var frame = frames.Peek(); !frame.IsEmpty && SegmentFormat.IsIntact(frame); frame = frames.Peek())
        {
            var head = SegmentFormat.ReadHead(frame);
            if (head.Offset != next || head.EnqueuedAt < enqueuedAt)
            {
                break;
            }

            segment.Index.Note(new IndexEntry(next, frames.Position));
            (next, enqueuedAt) = (next + 1, head.EnqueuedAt);
            frames.Advance(frame.Length);
        }

        if (frames.Position < fileBytes && HoldsCommitBehind(segment.Path, frames.Position, fileBytes, next))
        {
            throw new DataFolderException(
                $"The event log is damaged: event {next} of {segment.Path}, at byte {frames.Position}, is unreadable, though later ones stand " +
                "behind it. Restore the file from a copy, or cut it off at that byte to go on without what stands behind.");
        }

        return new SegmentTail(frames.Position, fileBytes - frames.Position, next, enqueuedAt);
    }

    // A frame whose commit began behind the event that cannot be read proves that the event had been committed.
    private static bool HoldsCommitBehind(string path, long position, long end, long offset)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var window = ArrayPool<byte>.Shared.Rent(4 * SegmentFormat.MaxRecordBytes);
        try
        {
            for (var at = position; end - at >= SegmentFormat.FrameHeadBytes; at += window.Length - SegmentFormat.MaxRecordBytes - SegmentFormat.FrameHeadBytes)
            {
                var filled = RandomAccess.Read(handle, window.AsSpan(0, (int)Math.Min(window.Length, end - at)), at);
                if (AnyFrameOfLaterCommit(window.AsSpan(0, filled), offset))
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private static bool AnyFrameOfLaterCommit(ReadOnlySpan<byte> bytes, long offset)
    {
        for (; bytes.Length >= SegmentFormat.FrameHeadBytes; bytes = bytes[1..])
        {
            var head = SegmentFormat.ReadHead(bytes);
            if (head.IsPlausible && head.FrameBytes <= bytes.Length && head.Offset - head.PlaceInCommit > offset && SegmentFormat.IsIntact(bytes[..head.FrameBytes]))
            {
                return true;
            }
        }

        return false;
    }
}

/// <param name="Length">Bytes that hold whole events.</param>
/// <param name="TornBytes">Bytes behind them, to be cut off.</param>
/// <param name="NextOffset">The offset that the next event gets.</param>
/// <param name="EnqueuedAt">Of the last event, ticks, UTC; 0 if the partition never held one.</param>
internal readonly record struct SegmentTail(long Length, long TornBytes, long NextOffset, long EnqueuedAt);
