using Muster.Log;
using Xunit;

namespace Muster.EventHubs;

public sealed class EventStartTests : IAsyncDisposable
{
    private readonly LogFixture log = LogFixture.Opened();

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Theory]
    [InlineData("amqp.annotation.x-opt-offset > '-1'", 0)]
    [InlineData("amqp.annotation.x-opt-offset > '@latest'", 3)]
    [InlineData("amqp.annotation.x-opt-offset > '1'", 2)]
    [InlineData("amqp.annotation.x-opt-offset >= '1'", 1)]
    [InlineData("amqp.annotation.x-opt-sequence-number > '2'", 3)]
    [InlineData("amqp.annotation.x-opt-sequence-number >= '3'", 3)]
    [InlineData("amqp.annotation.x-opt-enqueued-time > '0'", 0)]
    [InlineData("amqp.annotation.x-opt-enqueued-time > '-9223372036854775808'", 0)]
    [InlineData("amqp.annotation.x-opt-enqueued-time > '9223372036854775807'", 3)]
    public async Task A_position_leads_to_the_first_event_that_fits_it(string selector, long offset)
    {
        await log.AppendAsync(0, "0", "1", "2");
        Assert.Equal((offset, null), await FindAsync(selector));
    }

    [Fact]
    public async Task A_time_leads_behind_the_events_of_its_millisecond()
    {
        var first = log.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await log.AppendAsync(0, "0", "1");
        log.Clock.Advance(TimeSpan.FromSeconds(1));
        await log.AppendAsync(0, "2");

        Assert.Equal(2, (await FindAsync($"amqp.annotation.x-opt-enqueued-time > '{first}'")).Offset);
        Assert.Equal(0, (await FindAsync($"amqp.annotation.x-opt-enqueued-time >= '{first}'")).Offset);
        Assert.Equal(0, (await FindAsync($"amqp.annotation.x-opt-enqueued-time > '{first - 1}'")).Offset);
        Assert.Equal(3, (await FindAsync($"amqp.annotation.x-opt-enqueued-time > '{first + 1000}'")).Offset);
    }

    [Theory]
    [InlineData("amqp.annotation.x-opt-offset > '3'")]
    [InlineData("amqp.annotation.x-opt-sequence-number >= '9223372036854775807'")]
    public async Task A_position_that_the_partition_has_not_come_to_is_refused_after_a_while(string selector)
    {
        await log.AppendAsync(0, "0", "1", "2");
        var found = FindAsync(selector);
        while (!found.IsCompleted)
        {
            log.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains("is invalid", (await found).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp.annotation.x-opt-offset > '-1'", 1)]
    [InlineData("amqp.annotation.x-opt-offset >= '0'", 1)]
    [InlineData("amqp.annotation.x-opt-sequence-number > '0'", 1)]
    [InlineData("amqp.annotation.x-opt-enqueued-time > '0'", 1)]
    [InlineData("amqp.annotation.x-opt-offset > '1'", 2)]
    [InlineData("amqp.annotation.x-opt-offset > '@latest'", 2)]
    public async Task Nobody_begins_before_what_is_left_of_a_partition(string selector, long offset)
    {
        await log.AppendAsync(0, "trimmed");
        log.Clock.Advance(TimeSpan.FromHours(2));
        await log.AppendAsync(0, "left");
        log.Clock.Advance(log.Options.Retention - TimeSpan.FromHours(1));
        await log.TrimToAsync(0, 1);

        Assert.Equal((offset, null), await FindAsync(selector));
    }

    [Fact]
    public async Task A_position_that_another_silo_knew_first_is_waited_for()
    {
        var found = FindAsync("amqp.annotation.x-opt-offset > '0'");
        await log.AppendAsync(0, "0");
        Assert.Equal((1, null), await found);
    }

    private async Task<(long Offset, string? Problem)> FindAsync(string selector)
    {
        Assert.Null(EventSelector.Parse(selector, out var position));
        return await EventStart.FindAsync(log.Log, 0, position, log.Clock, TestContext.Current.CancellationToken);
    }
}
