using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Telemetry;

public sealed class PartitionPumpTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Devices_are_told_what_stands_in_the_log_and_the_checkpoint_follows()
    {
        await using var world = new PumpWorld();
        await world.AppendAsync("a", "b", "a");
        var run = world.Start();
        await world.AppendAsync("b");

        await world.Checkpoints.ReachesAsync(4);
        Assert.Equal([0L, 2L], world.Seen("a"));
        Assert.Equal([1L, 3L], world.Seen("b"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task Events_that_come_soon_after_one_another_are_told_together()
    {
        var clock = new FakeTimeProvider();
        await using var world = new PumpWorld { Clock = clock };
        world.Options.Linger = TimeSpan.FromSeconds(1);
        await world.AppendAsync("a");
        var run = world.Start();
        await world.AppendAsync("a", "a");
        while (world.Checkpoints.Next < 3)
        {
            Cancelled.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal([[0L, 1L, 2L]], world.Calls);
        await world.StopAsync(run);
    }

    [Fact]
    public async Task The_checkpoint_waits_for_the_device_that_failed_and_the_others_are_told_meanwhile()
    {
        await using var world = new PumpWorld();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mended = false;
        world.OnObserve = device =>
        {
            if (device == "a" && !Volatile.Read(ref mended))
            {
                failed.TrySetResult();
                throw new InvalidOperationException("storage is away");
            }
        };
        await world.AppendAsync("a", "b");
        var run = world.Start();

        await failed.Task.WaitAsync(Cancelled);
        Assert.Equal(0, world.Checkpoints.Next);
        Volatile.Write(ref mended, true);
        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal([0L], world.Seen("a"));
        Assert.Equal([1L], world.Seen("b"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_that_lost_its_lease_saves_nothing_and_goes_on_from_the_checkpoint_once_it_has_it_again()
    {
        await using var world = new PumpWorld();
        await world.AppendAsync("a", "a");
        world.Checkpoints.TakeOverAtNextSave = true;
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal(3, world.Checkpoints.Epoch);
        Assert.Equal([0L, 1L, 0L, 1L], world.Seen("a"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_goes_on_behind_what_was_handled_before_it_started()
    {
        await using var world = new PumpWorld();
        await world.AppendAsync("a", "a", "a");
        world.Checkpoints.Next = 2;
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(3);
        Assert.Equal([2L], world.Seen("a"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_whose_events_were_all_trimmed_rests_until_one_comes()
    {
        await using var world = new PumpWorld();
        await world.AppendAsync("a", "a");
        await world.TrimAllAsync();
        var run = world.Start();

        await world.Log.IsWaitedForAsync(2);
        Assert.Equal([0L, 2L], world.Log.WaitedFor);
        await world.AppendAsync("a");
        await world.Checkpoints.ReachesAsync(3);
        Assert.Equal([2L], world.Seen("a"));
        Assert.Equal(2, world.Dropped);
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_device_that_fails_for_too_long_is_left_behind_and_offered_each_batch_once_until_it_takes_one()
    {
        await using var world = new PumpWorld();
        world.Options.GiveUpAfter = TimeSpan.FromMilliseconds(1);
        var (offered, mended) = (0, false);
        world.OnObserve = device =>
        {
            if (device == "a" && !Volatile.Read(ref mended))
            {
                Interlocked.Increment(ref offered);
                throw new InvalidOperationException("poisoned");
            }
        };
        await world.AppendAsync("a", "b");
        var run = world.Start();
        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal([1L], world.Seen("b"));

        var before = offered;
        await world.AppendAsync("a", "b");
        await world.Checkpoints.ReachesAsync(4);
        Assert.Equal(before + 1, offered);

        Volatile.Write(ref mended, true);
        await world.AppendAsync("a", "b");
        await world.Checkpoints.ReachesAsync(6);
        Assert.Equal([4L], world.Seen("a"));
        Assert.Equal([1L, 3L, 5L], world.Seen("b"));
        Assert.Equal([6006, 6007], world.Messages.Where(id => id is 6006 or 6007));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task An_outage_that_ends_when_devices_were_given_up_costs_them_nothing()
    {
        await using var world = new PumpWorld();
        world.Options.GiveUpAfter = TimeSpan.FromMilliseconds(1);
        var isAway = true;
        world.OnObserve = _ =>
        {
            if (Volatile.Read(ref isAway))
            {
                throw new InvalidOperationException("storage is away");
            }
        };
        world.Checkpoints.OnSave = () => Volatile.Write(ref isAway, false);
        await world.AppendAsync("a", "b", "a");
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(3);
        Assert.Equal([0L, 2L], world.Seen("a"));
        Assert.Equal([1L], world.Seen("b"));
        Assert.DoesNotContain(6006, world.Messages);
        await world.StopAsync(run);
    }

    [Fact]
    public async Task No_device_is_left_behind_while_the_checkpoint_cannot_be_saved_either()
    {
        await using var world = new PumpWorld();
        world.Options.GiveUpAfter = TimeSpan.FromMilliseconds(1);
        var (saves, isAway) = (0, true);
        world.OnObserve = _ => Fail();
        world.Checkpoints.OnSave = () =>
        {
            Volatile.Write(ref isAway, ++saves <= 2);
            Fail();
        };
        await world.AppendAsync("a", "b");
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal([0L], world.Seen("a"));
        Assert.Equal([1L], world.Seen("b"));
        Assert.DoesNotContain(6006, world.Messages);
        await world.StopAsync(run);

        void Fail()
        {
            if (Volatile.Read(ref isAway))
            {
                throw new InvalidOperationException("storage is away");
            }
        }
    }

    [Fact]
    public async Task What_was_dropped_before_the_pump_came_to_it_is_counted_and_said_once()
    {
        await using var world = new PumpWorld();
        world.Options.BatchEvents = 1;
        world.Log.OldestFrom = from => from switch { 0 => 2, 3 => 5, _ => from };
        await world.AppendAsync("a", "a", "a", "a", "a", "a", "a");
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(7);
        Assert.Equal([2L, 5L, 6L], world.Seen("a"));
        Assert.Equal(4, world.Dropped);
        Assert.Single(world.Messages, 6009);
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_whose_log_ends_before_the_checkpoint_says_so_once_and_waits_for_the_log()
    {
        await using var world = new PumpWorld();
        await world.AppendAsync("a", "a");
        world.Checkpoints.Next = 4;
        var run = world.Start();
        while (!world.Messages.Contains(6008))
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await world.AppendAsync("a", "a", "a");
        await world.Checkpoints.ReachesAsync(5);
        Assert.Equal([4L], world.Seen("a"));
        Assert.Single(world.Messages, 6008);
        await world.StopAsync(run);
    }
}
