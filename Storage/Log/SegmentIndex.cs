namespace Muster.Storage.Log;

/// <summary>Where some of a segment's events stand: about one per <see cref="Stride"/> bytes. Holds committed events only.</summary>
internal sealed class SegmentIndex(long firstOffset)
{
    /// <summary>Bytes between two entries.</summary>
    internal const int Stride = 1 << 16;

    private readonly Lock gate = new();
    private readonly List<IndexEntry> entries = [new(firstOffset, SegmentFormat.HeaderBytes)];

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

            return entries[low];
        }
    }
}

internal readonly record struct IndexEntry(long Offset, long Position);
