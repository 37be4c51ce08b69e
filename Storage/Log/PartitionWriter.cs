using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Muster.Telemetry;

namespace Muster.Storage.Log;

/// <summary>Writes one partition. Only its writer thread calls it: first <see cref="Write"/>, then <see cref="Commit"/>.</summary>
internal sealed partial class PartitionWriter(PartitionContext context, CommittedEvents committed, SegmentFile active) : IDisposable
{
    private readonly List<IndexEntry> written = [];
    private LogSnapshot state = committed.Snapshot();
    private LogSnapshot pending;
    private AppendOperation? batch;
    private SegmentFile active = active;
    private bool torn;
    private bool failing;

    /// <summary>Hands all that waits to the operating system.</summary>
    internal void Write(WriteBuffer buffer)
    {
        batch = context.Queue.TakeAll();
        if (batch is null)
        {
            return;
        }

        try
        {
            Repair();
            var now = Math.Max(context.Clock.GetUtcNow().UtcTicks, state.EnqueuedAt);
            RollIfDue(now);
            pending = state with { ActiveBytes = WriteFrames(buffer, now), NextOffset = state.NextOffset + EventCount(), EnqueuedAt = now };
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            buffer.Clear();
        }
    }

    /// <summary>Makes what was written durable, shows it to readers, and completes its appends.</summary>
    internal void Commit()
    {
        if (batch is null)
        {
            return;
        }

        try
        {
            active.Flush();
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        var index = state.Segments[^1].Index;
        written.ForEach(index.Note);
        state = pending;
        committed.Publish(state);
        if (failing)
        {
            failing = false;
            LogWritesAgain(context.Partition);
        }

        Settle(null);
    }

    /// <summary>Closes a segment that has become old, and deletes those that are past their time or over the bound.</summary>
    internal void Maintain()
    {
        try
        {
            Repair();
            RollIfDue(Math.Max(context.Clock.GetUtcNow().UtcTicks, state.EnqueuedAt));
            Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotMaintained(context.Partition, e.Message);
        }
    }

    public void Dispose() => active.Dispose();

    private long WriteFrames(WriteBuffer buffer, long now)
    {
        var (position, place) = (state.ActiveBytes, 0u);
        written.Clear();
        for (var operation = batch; operation is not null; operation = operation.Next)
        {
            for (var records = operation.Records.Span; !records.IsEmpty;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(records);
                if (!buffer.HasRoomFor(length))
                {
                    position = WriteOut(buffer, position);
                }

                NoteForIndex(new IndexEntry(state.NextOffset + place, position + buffer.Count));
                buffer.Add(new FrameHead(length, state.NextOffset + place, now, place), records.Slice(4, length));
                records = records[(4 + length)..];
                place++;
            }
        }

        return WriteOut(buffer, position);
    }

    private long WriteOut(WriteBuffer buffer, long position)
    {
        torn = true;
        active.Write(buffer.Written, position);
        position += buffer.Count;
        buffer.Clear();
        return position;
    }

    private void NoteForIndex(IndexEntry entry)
    {
        if (written.Count == 0 || entry.Position >= written[^1].Position + SegmentIndex.Stride)
        {
            written.Add(entry);
        }
    }

    private long EventCount()
    {
        var count = 0L;
        for (var operation = batch; operation is not null; operation = operation.Next)
        {
            count += operation.Count;
        }

        return count;
    }

    private void RollIfDue(long now)
    {
        var segment = state.Segments[^1];
        var due = state.ActiveBytes >= context.Options.SegmentBytes || now - segment.Header.CreatedAt >= context.Options.SegmentAge.Ticks;
        if (!due || state.NextOffset == segment.FirstOffset)
        {
            return;
        }

        var (next, file) = context.Folder.Create(new SegmentHeader(context.Partition, state.NextOffset, state.EnqueuedAt, now));
        active.Dispose();
        active = file;
        state = state with { Segments = state.Segments.Add(next), ActiveBytes = SegmentFormat.HeaderBytes };
        committed.Publish(state);
        Trim();
    }

    private void Trim()
    {
        var keepFrom = (context.Clock.GetUtcNow() - context.Options.Retention).UtcTicks;
        var bytes = state.ActiveBytes + state.Segments.Take(state.Segments.Length - 1).Sum(BytesOf);
        while (state.Segments.Length > 1
            && (state.Segments[1].Header.EnqueuedFloor < keepFrom || bytes > context.Options.MaxBytes / PartitionHash.EventPartitions))
        {
            // Readers are told first: whoever then misses the file knows why.
            var oldest = state.Segments[0];
            bytes -= BytesOf(oldest);
            state = state with { Segments = state.Segments.RemoveAt(0) };
            committed.Publish(state);
            context.Folder.Delete(oldest);
            LogTrimmed(context.Partition, state.FirstOffset);
        }
    }

    // A file that somebody else removed takes no space, and must not keep the others from being trimmed.
    private static long BytesOf(Segment segment) => new FileInfo(segment.Path) is { Exists: true } file ? file.Length : 0;

    private void Fail(Exception reason)
    {
        if (!failing)
        {
            failing = true;
            LogCannotWrite(context.Partition, reason.Message);
        }

        Settle(reason);
        try
        {
            Repair();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotMaintained(context.Partition, e.Message);
        }
    }

    // What a failed commit left behind must be gone before anything is written where it stood.
    private void Repair()
    {
        if (torn)
        {
            active.Truncate(state.ActiveBytes);
            active.Flush();
            torn = false;
        }
    }

    private void Settle(Exception? reason)
    {
        torn &= reason is not null;
        AppendOperation.SettleAll(batch!, reason is null ? null : () => new EventLogException($"The event log could not write: {reason.Message}", reason));
        batch = null;
    }
}

/// <summary>What a partition's writer works with.</summary>
internal sealed record PartitionContext(int Partition, PartitionFolder Folder, AppendQueue Queue, EventLogOptions Options, TimeProvider Clock, ILogger Logger);
