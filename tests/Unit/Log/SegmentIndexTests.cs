using Muster.Storage.Log;
using Xunit;

namespace Muster.Log;

public sealed class SegmentIndexTests
{
    private readonly SegmentIndex index = new(100);

    [Fact]
    public void A_reader_goes_on_where_it_stopped_and_not_a_stride_before()
    {
        index.Note(new IndexEntry(150, SegmentIndex.Stride * 2));
        index.NoteStop(new IndexEntry(170, 150_000));

        Assert.Equal(new IndexEntry(170, 150_000), index.Floor(170));
        Assert.Equal(new IndexEntry(170, 150_000), index.Floor(171));
        Assert.Equal(new IndexEntry(150, SegmentIndex.Stride * 2), index.Floor(169));
    }

    [Fact]
    public void The_last_stops_are_remembered_each_once_and_the_strides_beside_them()
    {
        for (var i = 0; i <= SegmentIndex.MaxStops; i++)
        {
            index.NoteStop(new IndexEntry(110 + i, 1000 + i));
            index.NoteStop(new IndexEntry(110 + i, 1000 + i));
        }

        Assert.Equal(new IndexEntry(100, SegmentFormat.HeaderBytes), index.Floor(110));
        Assert.Equal(new IndexEntry(111, 1001), index.Floor(111));
        Assert.Equal(new IndexEntry(110 + SegmentIndex.MaxStops, 1000 + SegmentIndex.MaxStops), index.Floor(long.MaxValue));
    }
}
