using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Muster.Storage;
using Muster.Storage.Log;
using Muster.Telemetry;
using Xunit;

namespace Muster.Log;

public sealed class SegmentLogTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_torn_tail_is_cut_wherever_it_was_torn_and_the_rest_is_kept()
    {
        await using var log = LogFixture.Opened();
        await log.AppendAsync(0, "first", "second");
        await log.CloseAsync();
        var path = Assert.Single(log.Segments(0));
        var before = (int)new FileInfo(path).Length;
        log.Open();
        await log.AppendAsync(0, "third", "fourth", "fifth");
        await log.CloseAsync();
        var whole = await File.ReadAllBytesAsync(path, Cancelled);
        var frame = (whole.Length - before - "thirdfourthfifth".Length) / 3;
        int[] ends = [before, before + frame + 5, before + (2 * frame) + 11, whole.Length];

        for (var length = before; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(path, whole[..length], Cancelled);
            log.Open();
            string[] left = ["first", "second", .. new[] { "third", "fourth", "fifth" }.Take(ends.Count(end => end <= length) - 1)];
            Assert.Equal(left, await log.BodiesAsync(0));
            Assert.Equal(left.Length, log.Log.Describe(0).NextOffset);

            await log.AppendAsync(0, "after");
            Assert.Equal(left.Append("after"), await log.BodiesAsync(0));
            await log.ReopenAsync();
            Assert.Equal(left.Append("after"), await log.BodiesAsync(0));
            await log.CloseAsync();
        }
    }

    [Fact]
    public async Task A_last_commit_with_a_hole_in_it_is_cut_from_the_hole_on()
    {
        await using var log = LogFixture.Opened();
        await log.AppendAsync(0, "kept");
        await log.AppendAsync(0, "hole", "behind the hole");
        await log.CloseAsync();
        await ChangeAsync(log.Segments(0)[0], "hole");

        log.Open();

        Assert.Equal(["kept"], await log.BodiesAsync(0));
    }

    [Fact]
    public async Task An_event_damaged_after_its_commit_is_reported_and_not_skipped()
    {
        await using var log = LogFixture.Opened();
        await log.AppendAsync(0, "kept", "damaged");
        await log.AppendAsync(0, "later");
        await log.CloseAsync();
        await ChangeAsync(log.Segments(0)[0], "damaged");

        var refused = Assert.Throws<DataFolderException>(() => log.Open());
        Assert.Contains("event 1", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task An_event_of_a_closed_segment_that_was_damaged_is_reported_by_the_read()
    {
        await using var log = LogFixture.Opened();
        log.Options.SegmentBytes = 1;
        await log.AppendAsync(0, "damaged");
        await log.AppendAsync(0, "later");
        await log.CloseAsync();
        await ChangeAsync(log.Segments(0)[0], "damaged");
        log.Open();

        var refused = await Assert.ThrowsAsync<EventLogException>(() => log.BodiesAsync(0));
        Assert.Contains("Event 0 of partition 0 is damaged", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["later"], await log.BodiesAsync(0, from: 1));
    }

    [Fact]
    public async Task A_log_of_another_version_is_refused_in_one_line()
    {
        await using var log = LogFixture.Opened();
        await log.CloseAsync();
        var bytes = await File.ReadAllBytesAsync(log.Segments(0)[0], Cancelled);
        bytes[8] = 9;
        await File.WriteAllBytesAsync(log.Segments(0)[0], bytes, Cancelled);

        var refused = Assert.Throws<DataFolderException>(() => log.Open());
        Assert.Contains("version 9", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_goes_on_over_the_ends_of_segments()
    {
        await using var log = LogFixture.Opened();
        log.Options.SegmentBytes = 300;
        for (var i = 0; i < 40; i++)
        {
            await log.AppendAsync(5, $"{i}");
        }

        Assert.True(log.Segments(5).Length > 3);
        await log.ReopenAsync();
        Assert.Equal(Enumerable.Range(7, 33).Select(i => $"{i}"), await log.BodiesAsync(5, from: 7));
    }

    [Fact]
    public async Task A_segment_that_somebody_removed_does_not_keep_the_log_from_trimming()
    {
        await using var log = LogFixture.Opened();
        log.Options.SegmentBytes = 1;
        await log.AppendAsync(0, "removed");
        await log.AppendAsync(0, "old");
        File.Delete(log.Segments(0)[0]);
        log.Clock.Advance(log.Options.Retention + TimeSpan.FromHours(1));
        await log.AppendAsync(0, "young");

        Assert.Equal(["young"], await log.BodiesAsync(0));
    }

    [Fact]
    public async Task A_partition_that_went_missing_gives_out_no_offset_again_and_one_that_is_there_goes_on()
    {
        await using var log = LogFixture.Opened();
        await log.AppendAsync(0, "lost");
        await log.AppendAsync(1, "kept");
        await log.CloseAsync();
        Directory.Delete(Path.GetDirectoryName(log.Segments(0)[0])!, recursive: true);

        await using var reopened = SegmentLog.Open(log.Folder, log.Options, log.Clock, NullLogger.Instance, hadEvents: true);
        await reopened.AppendAsync(0, LogFixture.Records("new"), 1);
        Assert.True(reopened.Describe(0).FirstOffset > 1_000_000_000_000);
        Assert.Equal("new", Encoding.UTF8.GetString(Assert.Single(await reopened.ReadAsync(0, 1, 10, 1 << 20, Cancelled)).Body.Span));
        Assert.Equal((0, 1), (reopened.Describe(1).FirstOffset, reopened.Describe(1).NextOffset));
    }

    private static async Task ChangeAsync(string path, string text)
    {
        var bytes = await File.ReadAllBytesAsync(path, Cancelled);
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));
        Assert.True(at > 0);
        bytes[at] ^= 0x20;
        await File.WriteAllBytesAsync(path, bytes, Cancelled);
    }
}
