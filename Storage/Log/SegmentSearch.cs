using Muster.Telemetry;

namespace Muster.Storage.Log;

/// <summary>Finds a time in a partition. Blocks on files: not for a grain's scheduler.</summary>
internal sealed class SegmentSearch(int partition, LogSnapshot log)
{
    private const int ReadBytes = 1 << 17;

    /// <summary>The offset of the first event that was enqueued at <paramref name="from"/>, in ticks, or later; the one behind the last if there is none.</summary>
    /// <exception cref="FileNotFoundException">The segment was trimmed in the meantime.</exception>
    /// <exception cref="EventLogException">An event that was committed cannot be read.</exception>
    internal long Find(long from)
    {
        // A segment's floor is the time of the last event before it: those before the last one with a lower floor hold nothing that is young enough.
        var number = log.Segments.Length - 1;
        while (number > 0 && log.Segments[number].Header.EnqueuedFloor >= from)
        {
            number--;
        }

        for (; number < log.Segments.Length; number++)
        {
            if (FindIn(number, from) is { } offset)
            {
                return offset;
            }
        }

        return log.NextOffset;
    }

    private long? FindIn(int number, long from)
    {
        var segment = log.Segments[number];
        var isLast = number == log.Segments.Length - 1;
        var endOffset = isLast ? log.NextOffset : log.Segments[number + 1].FirstOffset;
        var first = segment.Index.Floor(segment.FirstOffset);
        using var frames = new FrameReader(segment.Path, first.Position, isLast ? log.ActiveBytes : new FileInfo(segment.Path).Length, ReadBytes);
        for (var at = first.Offset; at < endOffset; at++)
        {
            var frame = frames.Peek();
            if (frame.IsEmpty || SegmentFormat.ReadHead(frame).Offset != at)
            {
                throw new EventLogException($"Event {at} of partition {partition} is damaged ({segment.Path}, byte {frames.Position}).", null);
            }

            if (SegmentFormat.ReadHead(frame).EnqueuedAt >= from)
            {
                return at;
            }

            segment.Index.Note(new IndexEntry(at, frames.Position));
            frames.Advance(frame.Length);
        }

        return null;
    }
}
