using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.Storage.Log;

/// <summary>Reads one page of a partition. Blocks on files: not for a grain's scheduler.</summary>
internal sealed class SegmentReader(int partition, LogSnapshot log, int maxEvents, int maxBytes)
{
    private const int ReadBytes = 1 << 17;
    private readonly ImmutableArray<StoredEvent>.Builder page = ImmutableArray.CreateBuilder<StoredEvent>();
    private int bytes;
    private bool full;

    /// <exception cref="FileNotFoundException">The segment was trimmed in the meantime.</exception>
    /// <exception cref="EventLogException">An event that was committed cannot be read.</exception>
    internal ImmutableArray<StoredEvent> ReadFrom(long fromOffset)
    {
        var next = Math.Max(fromOffset, log.FirstOffset);
        for (var i = SegmentOf(next); !full && next < log.NextOffset; i++)
        {
            next = ReadSegment(i, next);
        }

        return page.DrainToImmutable();
    }

    private long ReadSegment(int number, long next)
    {
        var segment = log.Segments[number];
        var last = number == log.Segments.Length - 1;
        var endOffset = last ? log.NextOffset : log.Segments[number + 1].FirstOffset;
        var from = segment.Index.Floor(next);
        using var frames = new FrameReader(segment.Path, from.Position, last ? log.ActiveBytes : new FileInfo(segment.Path).Length, ReadBytes);
        var at = from.Offset;
        for (; at < endOffset && !full; at++)
        {
            var frame = frames.Peek();
            if (frame.IsEmpty || SegmentFormat.ReadHead(frame).Offset != at || (at >= next && !SegmentFormat.IsIntact(frame)))
            {
                throw new EventLogException($"Event {at} of partition {partition} is damaged ({segment.Path}, byte {frames.Position}).", null);
            }

            segment.Index.Note(new IndexEntry(at, frames.Position));
            if (at >= next && !TryAdd(frame, frames.Position, segment))
            {
                break;
            }

            frames.Advance(frame.Length);
        }

        segment.Index.NoteStop(new IndexEntry(at, frames.Position));
        return endOffset;
    }

    private bool TryAdd(ReadOnlySpan<byte> frame, long position, Segment segment)
    {
        var head = SegmentFormat.ReadHead(frame);
        if (page.Count > 0 && bytes + head.RecordBytes > maxBytes)
        {
            full = true;
            return false;
        }

        try
        {
            page.Add(EventRecord.Decode(
                frame[SegmentFormat.FrameHeadBytes..], partition, head.Offset, new DateTimeOffset(head.EnqueuedAt, TimeSpan.Zero)));
        }
        catch (InvalidDataException e)
        {
            throw new EventLogException($"Event {head.Offset} of partition {partition} is not understood ({segment.Path}, byte {position}).", e);
        }

        bytes += head.RecordBytes;
        full = page.Count >= maxEvents;
        return true;
    }

    private int SegmentOf(long offset)
    {
        var number = log.Segments.Length - 1;
        while (number > 0 && log.Segments[number].FirstOffset > offset)
        {
            number--;
        }

        return number;
    }
}
