using Muster.Storage.Postgres.Log;
using Xunit;

namespace Muster.Log;

public sealed class SegmentPlanTests
{
    private const long Hour = TimeSpan.TicksPerHour;

    [Fact]
    public void The_first_segment_takes_all_times_before_it()
    {
        var made = SegmentPlan.Missing(lastTo: 0, now: 100 * Hour, span: Hour).ToList();
        Assert.Equal([(0, 101 * Hour), (101 * Hour, 102 * Hour)], made);
    }

    [Fact]
    public void Segments_leave_no_gap_and_reach_two_spans_ahead_however_long_nobody_made_any()
    {
        foreach (var late in (long[])[-2, -1, 0, 1, 5, 10_000])
        {
            var now = (100 + late) * Hour;
            var made = SegmentPlan.Missing(lastTo: 100 * Hour, now, Hour).ToList();
            var ends = made.Select(segment => segment.To).Prepend(100 * Hour).ToList();
            Assert.Equal(ends.SkipLast(1), made.Select(segment => segment.From));
            Assert.True(ends[^1] >= now + (2 * Hour));
            Assert.True(made.Count <= 4);
            Assert.Empty(SegmentPlan.Missing(ends[^1], now, Hour));
        }
    }

    [Fact]
    public void Only_what_is_past_its_time_goes_while_there_is_room()
    {
        StoredSegment[] segments = [new(10, 100), new(20, 100), new(30, 100)];
        Assert.Equal([10, 20], Ends(SegmentPlan.Surplus(segments, keepFrom: 20, closedBefore: 30, maxBytes: 300)));
        Assert.Equal([10], Ends(SegmentPlan.Surplus(segments, keepFrom: 19, closedBefore: 30, maxBytes: 300)));
        Assert.Empty(SegmentPlan.Surplus(segments, keepFrom: 9, closedBefore: 30, maxBytes: 300));
    }

    [Fact]
    public void The_oldest_go_for_the_bytes_but_never_one_that_may_be_written_yet()
    {
        StoredSegment[] segments = [new(10, 100), new(20, 100), new(30, 100), new(40, 0)];
        Assert.Equal([10], Ends(SegmentPlan.Surplus(segments, keepFrom: 0, closedBefore: 25, maxBytes: 200)));
        Assert.Equal([10, 20], Ends(SegmentPlan.Surplus(segments, keepFrom: 0, closedBefore: 25, maxBytes: 50)));
        Assert.Empty(SegmentPlan.Surplus(segments, keepFrom: 50, closedBefore: 5, maxBytes: 50));
    }

    private static IEnumerable<long> Ends(IEnumerable<StoredSegment> segments) => segments.Select(segment => segment.To);
}
