using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Sessions;

public sealed class TimerWheelTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void An_entry_is_due_once_never_early_and_at_most_two_ticks_late()
    {
        Gen.Select(Gen.Int[0, 600_000].List[1, 30], Gen.Int[1, 5_000]).Sample((waits, step) =>
        {
            var time = new FakeTimeProvider();
            var wheel = new TimerWheel(time);
            var start = time.GetUtcNow();
            var entries = waits.Select(w => new Entry(() => time.GetUtcNow() - start)).ToArray();
            for (var i = 0; i < waits.Count; i++)
            {
                wheel.Schedule(entries[i], TimeSpan.FromMilliseconds(waits[i]));
            }

            while (time.GetUtcNow() - start < TimeSpan.FromSeconds(610))
            {
                time.Advance(TimeSpan.FromMilliseconds(step));
                wheel.Advance();
            }

            for (var i = 0; i < waits.Count; i++)
            {
                var fired = Assert.Single(entries[i].Fired);
                Assert.InRange(fired.TotalMilliseconds, waits[i], waits[i] + (2 * TimerWheel.Tick.TotalMilliseconds) + 250 + step);
            }
        }, iter: 50);
    }

    [Fact]
    public void An_entry_that_was_called_off_or_moved_keeps_to_that()
    {
        var wheel = new TimerWheel(clock);
        var (off, moved) = (new Entry(() => default), new Entry(() => default));
        wheel.Schedule(off, TimeSpan.FromSeconds(1));
        wheel.Schedule(moved, TimeSpan.FromSeconds(1));
        wheel.Schedule(moved, TimeSpan.FromSeconds(60));
        Assert.True(wheel.Cancel(off));
        Assert.False(wheel.Cancel(off));
        Move(wheel, 10);
        Assert.Empty(off.Fired);
        Assert.Empty(moved.Fired);
        Move(wheel, 60);
        Assert.Single(moved.Fired);
    }

    [Fact]
    public void An_entry_may_schedule_itself_again()
    {
        var wheel = new TimerWheel(clock);
        var entry = new Entry(() => default);
        entry.Again = () => wheel.Schedule(entry, TimeSpan.FromSeconds(1));
        wheel.Schedule(entry, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 40; i++)
        {
            Move(wheel, 0.25);
        }

        Assert.InRange(entry.Fired.Count, 6, 10);
    }

    [Fact]
    public void An_entry_that_fails_stops_no_other()
    {
        var wheel = new TimerWheel(clock);
        var entries = Enumerable.Range(0, 3).Select(_ => new Entry(() => default) { Again = () => throw new ObjectDisposedException("connection") }).ToArray();
        Array.ForEach(entries, entry => wheel.Schedule(entry, TimeSpan.FromSeconds(1)));
        Move(wheel, 5);
        Assert.All(entries, entry => Assert.Single(entry.Fired));
    }

    private void Move(TimerWheel wheel, double seconds)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        wheel.Advance();
    }

    private sealed class Entry(Func<TimeSpan> now) : WheelEntry
    {
        public List<TimeSpan> Fired { get; } = [];

        public Action? Again { get; set; }

        protected internal override void OnDue()
        {
            Fired.Add(now());
            Again?.Invoke();
        }
    }
}
