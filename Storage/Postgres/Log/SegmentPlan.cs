namespace Muster.Storage.Postgres.Log;

/// <summary>Which segments the log needs, and which it no longer does. Pure; times are UTC ticks.</summary>
internal static class SegmentPlan
{
    /// <summary>
    /// What has to be made so that segments reach two spans, and five minutes, ahead of <paramref name="now"/>. They leave no gap: the first
    /// one of all begins at 0, and a time in which nobody made any becomes one segment.
    /// </summary>
    internal static IEnumerable<(long From, long To)> Missing(long lastTo, long now, long span)
    {
        for (var from = lastTo; from < now + Math.Max(2 * span, TimeSpan.TicksPerMinute * 5);)
        {
            var to = Math.Max(from, now) + span;
            yield return (from, to);
            from = to;
        }
    }

    /// <summary>The oldest ones that end before <paramref name="keepFrom"/>, or that have to go for the bytes; never one that may be written yet.</summary>
    internal static IEnumerable<StoredSegment> Surplus(IReadOnlyList<StoredSegment> segments, long keepFrom, long closedBefore, long maxBytes)
    {
        var bytes = segments.Sum(segment => segment.Bytes);
        foreach (var segment in segments)
        {
            if (segment.To > closedBefore || (segment.To > keepFrom && bytes <= maxBytes))
            {
                yield break;
            }

            bytes -= segment.Bytes;
            yield return segment;
        }
    }
}

/// <param name="To">Names its table: no event in it is as young as this, UTC ticks.</param>
/// <param name="Bytes">What it takes on disk, with its indexes.</param>
internal readonly record struct StoredSegment(long To, long Bytes);
