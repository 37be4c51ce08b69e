namespace Muster.Storage.Log;

/// <summary>
/// Where some of a segment's events stand: about one per <see cref="Stride"/> bytes, and those at which readers stopped last. Holds committed events
/// only, and the place behind the last of them.
/// </summary>
internal sealed class SegmentIndex(long firstOffset)
{
    /// <summary>Bytes between two entries.</summary>
    internal const int Stride = 1 << 16;

    /// <summary>Stops that are remembered: of a pump and some consumer groups, each at the end of the log.</summary>
    internal const int MaxStops = 8;

    private readonly Lock gate = new();
    private readonly List<IndexEntry> entries = [new(firstOffset, SegmentFormat.HeaderBytes)];
    private readonly IndexEntry[] stops = [.. Enumerable.Repeat(new IndexEntry(firstOffset, SegmentFormat.HeaderBytes), MaxStops)];
    private int oldestStop;

    /// <summary>Notes <paramref name="entry"/> if it lies a stride or more behind the last one.</summary>
    internal void Note(IndexEntry entry)
    {
        lock (gate)
        {
            if (entry.Position >= entries[^1].Position + Stride)
            {
                entries.Add(entry);
            }
        }
    }

    /// <summary>Notes where a reader stopped: it comes back for the event that stands there, or will.</summary>
    internal void NoteStop(IndexEntry entry)
    {
        lock (gate)
        {
            if (!stops.Contains(entry))
            {
                stops[oldestStop] = entry;
                oldestStop = (oldestStop + 1) % MaxStops;
            }
        }
    }

    /// <summary>The last entry at or before <paramref name="offset"/>.</summary>
    internal IndexEntry Floor(long offset)
    {
        lock (gate)
        {
            var (low, high) = (0, entries.Count - 1);
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                (low, high) = entries[middle].Offset <= offset ? (middle, high) : (low, middle - 1);
            }

            var found = entries[low];
            foreach (var stop in stops)
            {
                found = stop.Offset <= offset && stop.Offset > found.Offset ? stop : found;
            }

            return found;
        }
    }
}

internal readonly record struct IndexEntry(long Offset, long Position);
