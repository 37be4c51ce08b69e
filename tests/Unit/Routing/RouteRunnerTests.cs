using Muster.Twins;
using Xunit;

namespace Muster.Routing;

public sealed class RouteRunnerTests
{
    [Fact]
    public async Task What_its_routes_take_is_delivered_and_the_checkpoint_follows()
    {
        await using var world = new RouteWorld("a = 'x'");
        world.Append("x", "y", "x", "y");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 2L], world.Delivered);
        world.Append("x");
        await world.BecomesAsync(() => world.Checkpoints.Next == 5);
        Assert.Equal([0L, 2L, 4L], world.Delivered);
    }

    [Fact]
    public async Task Events_from_before_the_route_are_not_its_own()
    {
        await using var world = new RouteWorld("true", from: 2);
        world.Append("x", "x", "x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([2L], world.Delivered);
    }

    [Fact]
    public async Task After_a_part_was_taken_only_the_rest_is_sent_again()
    {
        await using var world = new RouteWorld("true");
        world.Append("x", "x", "x");
        world.Answers.Enqueue(static _ => new SinkReply(1, new SinkFault("later")));
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 1L, 2L], world.Delivered);
        Assert.Empty(world.Letters);
    }

    [Fact]
    public async Task What_is_refused_becomes_a_dead_letter_at_once_and_the_rest_goes_on()
    {
        await using var world = new RouteWorld("true");
        world.Append("x", "x", "x");
        world.Answers.Enqueue(static _ => new SinkReply(1, new SinkFault("never", Refused: 1)));
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 2L], world.Delivered);
        var letter = Assert.Single(world.Letters);
        Assert.Equal((1L, "never", "r"), (letter.Event.Offset, letter.Reason, letter.Routes.Single()));
        Assert.Equal(2, world.Tries);
    }

    [Fact]
    public async Task What_cannot_be_judged_is_not_taken_and_holds_nothing_up()
    {
        await using var world = new RouteWorld("a = 'x'");
        world.Append("x", null, "x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 2L], world.Delivered);
        Assert.Empty(world.Letters);
    }

    [Fact]
    public async Task What_the_log_dropped_before_the_endpoint_came_to_it_is_counted()
    {
        await using var world = new RouteWorld("true");
        world.Append("x", "x", "x", "x");
        world.Trim(3);
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 4);
        Assert.Equal([3L], world.Delivered);
        Assert.Equal(3, world.Dropped);
    }

    [Fact]
    public async Task What_is_dropped_while_nothing_is_left_counts_once()
    {
        await using var world = new RouteWorld("true");
        world.Append("x", "x");
        world.Trim(2);
        world.Start();
        await world.BecomesAsync(() => world.Dropped == 2);
        world.Append("x");

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([2L], world.Delivered);
        Assert.Equal(2, world.Dropped);
    }

    [Fact]
    public async Task Of_many_events_that_are_refused_together_only_those_to_blame_become_dead_letters()
    {
        await using var world = new RouteWorld("true");
        world.Append([.. Enumerable.Repeat("x", 40)]);
        world.Poison = [7, 23];
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 40);
        Assert.Equal(Enumerable.Range(0, 40).Select(static i => (long)i).Except([7L, 23L]), world.Delivered);
        Assert.Equal([7L, 23L], world.Letters.Select(static letter => letter.Event.Offset));
        Assert.InRange(world.Tries, 3, 30);
    }

    [Fact]
    public async Task In_an_outage_every_event_has_its_own_hour()
    {
        await using var world = new RouteWorld("true");
        world.Append("x");
        world.Failing = true;
        world.Start();
        await world.BecomesAsync(() => world.Tries > 0);
        await world.PassAsync(TimeSpan.FromMinutes(40));
        world.Append("x");
        Assert.Empty(world.Letters);

        await world.PassAsync(TimeSpan.FromMinutes(30));
        Assert.Equal([0L], world.Letters.Select(letter => letter.Event.Offset));
        world.Failing = false;
        await world.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal([1L], world.Delivered);
        Assert.Equal([0L], world.Letters.Select(letter => letter.Event.Offset));
        Assert.InRange(world.Tries, 10, 40);
    }

    [Fact]
    public async Task Events_that_waited_long_before_the_endpoint_began_to_fail_have_an_hour_too()
    {
        await using var world = new RouteWorld("true");
        world.Append("x");
        world.Clock.Advance(TimeSpan.FromHours(5));
        world.Failing = true;
        world.Start();
        await world.BecomesAsync(() => world.Tries > 0);

        await world.PassAsync(TimeSpan.FromMinutes(50));
        Assert.Empty(world.Letters);
        await world.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Single(world.Letters);
    }

    [Fact]
    public async Task A_runner_that_lost_its_lease_goes_on_from_the_checkpoint_once_it_has_it_again()
    {
        await using var world = new RouteWorld("true");
        world.Append("x", "x");
        world.Checkpoints.TakeOverAtNextSave = true;
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 2);
        Assert.Equal([0L, 1L, 0L, 1L], world.Delivered);
    }

    [Fact]
    public async Task A_twin_that_cannot_be_read_is_no_reason_to_pass_an_event_over()
    {
        await using var world = new RouteWorld("$twin.tags.site = 'north'");
        var tries = 0;
        world.Twin = () => ++tries < 3
            ? throw new TimeoutException("the silo is away")
            : new TwinReply.Found(Json.JsonUtf8.Parse("""{"tags":{"site":"north"}}"""), "", 1);
        world.Append("x", "x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 2);
        Assert.Equal([0L, 1L], world.Delivered);
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task A_device_without_a_twin_has_no_tags()
    {
        await using var world = new RouteWorld("NOT is_defined($twin.tags.site)");
        world.Append("x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 1);
        Assert.Equal([0L], world.Delivered);
    }
}
