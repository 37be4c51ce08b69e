using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Muster.Telemetry;
using Xunit;

namespace Muster.Log;

/// <summary>What every engine's log keeps.</summary>
public abstract class EventLogLaws : IAsyncLifetime
{
    private EventLogUnderTest? log;

    protected EventLogUnderTest Log => log!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected abstract Task<EventLogUnderTest> OpenAsync();

    public async ValueTask InitializeAsync() => log = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Log.DisposeAsync();
    }

    [Fact]
    public async Task What_was_appended_is_read_back_in_order_also_after_a_restart()
    {
        await Log.AppendAsync(3, "a", "b");
        await Log.AppendAsync(3, "c");
        Assert.Equal(["a", "b", "c"], await Log.BodiesAsync(3));

        await Log.ReopenAsync();
        await Log.AppendAsync(3, "d");

        Assert.Equal(["a", "b", "c", "d"], await Log.BodiesAsync(3));
        Assert.Equal(["c", "d"], await Log.BodiesAsync(3, from: 2));
        Assert.Empty(await Log.BodiesAsync(3, from: 4));
        Assert.Empty(await Log.BodiesAsync(4));
        Assert.Equal((0, 4), (Log.Log.Describe(3).FirstOffset, Log.Log.Describe(3).NextOffset));
    }

    [Fact]
    public async Task Appends_made_at_the_same_time_each_keep_their_order_and_leave_no_hole()
    {
        const int writers = 40, appends = 10;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(AppendAllAsync));

        foreach (var partition in Enumerable.Range(0, 4))
        {
            var bodies = await Log.BodiesAsync(partition);
            Assert.Equal(writers / 4 * appends * 2, bodies.Length);
            foreach (var writer in bodies.GroupBy(body => body.Split(' ')[0]))
            {
                Assert.Equal(Enumerable.Range(0, appends * 2), writer.Select(body => int.Parse(body.Split(' ')[1], CultureInfo.InvariantCulture)));
            }
        }

        async Task AppendAllAsync(int writer)
        {
            for (var i = 0; i < appends; i++)
            {
                await Log.AppendAsync(writer % 4, $"{writer} {2 * i}", $"{writer} {(2 * i) + 1}");
            }
        }
    }

    [Fact]
    public async Task An_append_of_any_size_is_read_back_whole()
    {
        string[] bodies = [.. Enumerable.Range(0, 300).Select(i => $"{i} {new string('x', i * 10)}"), new string('y', 300_000), "last"];
        await Log.AppendAsync(1, bodies);
        Assert.Equal(bodies, await Log.BodiesAsync(1));
        Assert.Equal(bodies[299..], await Log.BodiesAsync(1, from: 299));
    }

    [Fact]
    public async Task Events_past_their_time_go_and_offsets_go_on()
    {
        await Log.AppendAsync(0, "old");
        Log.Clock.Advance(TimeSpan.FromHours(2));
        await Log.AppendAsync(0, "younger");
        Log.Clock.Advance(EventLogUnderTest.Retention - TimeSpan.FromHours(1));
        await Log.AppendAsync(0, "young");
        await Log.TrimToAsync(0, 1);

        Assert.Equal(["younger", "young"], await Log.BodiesAsync(0));
        Assert.Equal(1, Log.Log.Describe(0).FirstOffset);
        await Log.ReopenAsync();
        Assert.Equal((1, 3), (Log.Log.Describe(0).FirstOffset, Log.Log.Describe(0).NextOffset));
    }

    [Fact]
    public async Task A_partition_whose_events_are_all_past_their_time_is_empty_and_goes_on_where_it_was()
    {
        await Log.AppendAsync(0, "a", "b");
        Log.Clock.Advance(EventLogUnderTest.Retention + TimeSpan.FromHours(3));
        await Log.TrimToAsync(0, 2);

        Assert.Empty(await Log.BodiesAsync(0));
        Assert.Equal((2, 2), (Log.Log.Describe(0).FirstOffset, Log.Log.Describe(0).NextOffset));
        await Log.AppendAsync(0, "c");
        var next = Assert.Single(await Log.Log.ReadAsync(0, 0, 10, 1 << 20, Cancelled));
        Assert.Equal(2, next.Offset);
    }

    [Fact]
    public async Task A_page_is_bounded_by_count_and_by_bytes_but_never_empty_before_the_end()
    {
        await Log.AppendAsync(0, new string('a', 1000), new string('b', 1000), new string('c', 1000));

        Assert.Equal(2, (await Log.Log.ReadAsync(0, 0, 2, 1 << 20, Cancelled)).Length);
        Assert.Equal(2, (await Log.Log.ReadAsync(0, 0, 100, 2500, Cancelled)).Length);
        Assert.Single(await Log.Log.ReadAsync(0, 0, 100, 1, Cancelled));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_or_a_repetition()
    {
        for (var i = 0; i < 70; i++)
        {
            await Log.AppendAsync(0, [.. Enumerable.Range(0, 3).Select(k => $"{i} {k}")]);
        }

        Assert.Equal(210, (await Log.BodiesAsync(0)).Length);
        var offsets = new List<long>();
        for (var page = await PageAsync(0); !page.IsEmpty; page = await PageAsync(page[^1].Offset + 1))
        {
            offsets.AddRange(page.Select(e => e.Offset));
        }

        Assert.Equal(Enumerable.Range(0, 210).Select(i => (long)i), offsets);

        ValueTask<ImmutableArray<StoredEvent>> PageAsync(long from) => Log.Log.ReadAsync(0, from, 11, 300, Cancelled);
    }

    [Fact]
    public async Task The_enqueued_time_never_falls_even_if_the_clock_did_between_two_runs()
    {
        await Log.AppendAsync(0, "a");
        var first = Log.Clock.GetUtcNow();

        await Log.ReopenAsync(new FakeTimeProvider(first - TimeSpan.FromDays(3)));
        await Log.AppendAsync(0, "b");

        var events = await Log.Log.ReadAsync(0, 0, 10, 1 << 20, Cancelled);
        Assert.Equal([first, first], events.Select(e => e.EnqueuedAt));
        Assert.Equal(first, Log.Log.Describe(0).LastEnqueuedAt);
    }

    [Fact]
    public async Task A_time_is_found_in_whatever_segment_it_stands()
    {
        var times = new List<DateTimeOffset>();
        for (var i = 0; i < 6; i++)
        {
            times.Add(Log.Clock.GetUtcNow());
            await Log.AppendAsync(0, $"{i} a", $"{i} b");
            Log.Clock.Advance(TimeSpan.FromMinutes(40));
        }

        for (var i = 0; i < times.Count; i++)
        {
            Assert.Equal(2 * i, await Log.Log.FindAsync(0, times[i], Cancelled));
            Assert.Equal(2 * i, await Log.Log.FindAsync(0, times[i].AddTicks(-1), Cancelled));
            Assert.Equal(2 * (i + 1), await Log.Log.FindAsync(0, times[i].AddTicks(1), Cancelled));
        }

        Assert.Equal(0, await Log.Log.FindAsync(0, DateTimeOffset.MinValue, Cancelled));
        Assert.Equal(0, await Log.Log.FindAsync(1, times[0], Cancelled));
        await Log.ReopenAsync();
        Assert.Equal(4, await Log.Log.FindAsync(0, times[2], Cancelled));
    }

    [Fact]
    public async Task Waiting_ends_with_the_commit_of_the_event_waited_for()
    {
        var second = Log.Log.WaitForAsync(0, 1, Cancelled).AsTask();
        await Log.AppendAsync(0, "a");
        Assert.False(second.IsCompleted);
        await Log.AppendAsync(0, "b");
        await second.WaitAsync(Cancelled);

        using var stop = new CancellationTokenSource();
        var never = Log.Log.WaitForAsync(0, 2, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
    }

    [Fact]
    public async Task Records_that_do_not_add_up_are_refused()
    {
        var record = LogFixture.Records("b");
        await Assert.ThrowsAsync<ArgumentException>(async () => await Log.Log.AppendAsync(0, record, 2));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Log.Log.AppendAsync(0, record[..^1], 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Log.Log.AppendAsync(32, record, 1));
        Assert.Equal(0, Log.Log.Describe(0).NextOffset);
    }

    [Fact]
    public async Task A_log_that_was_closed_refuses_appends()
    {
        var closed = Log.Log;
        await Log.ReopenAsync();
        await Assert.ThrowsAsync<EventLogException>(async () => await closed.AppendAsync(0, LogFixture.Records("late"), 1));
        Assert.Empty(await Log.BodiesAsync(0));
    }
}
