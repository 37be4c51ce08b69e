using System.Text;
using Muster.Devices;
using Xunit;

namespace Muster.Updates;

public sealed class InstallWindowsTests
{
    private static readonly MaintenanceWindow Nightly = new() { Rule = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0", Duration = TimeSpan.FromHours(1), TimeZone = "Europe/Vienna" };

    [Theory]
    [InlineData("2026-11-01T01:29:59Z", false, "2026-11-01T01:30:00Z")]
    [InlineData("2026-11-01T01:30:00Z", true, "2026-11-01T02:30:00Z")]
    [InlineData("2026-11-01T02:30:00Z", false, "2026-11-02T01:30:00Z")]
    [InlineData("2026-07-01T00:30:00Z", true, "2026-07-01T01:30:00Z")]
    public void A_window_opens_by_the_clock_of_its_zone(string now, bool isOpen, string changesAt) =>
        Assert.Equal(new WindowLook(isOpen, At(changesAt)), Look(At(now), Nightly));

    [Fact]
    public void Where_the_clock_is_set_back_a_window_opens_once()
    {
        // 02:30 comes twice in the night of 2026-10-25.
        var opened = Enumerable.Range(0, 24 * 60).Select(minute => At("2026-10-24T20:00:00Z").AddMinutes(minute))
            .Select(now => Look(now, Nightly)).Aggregate((Count: 0, Was: false), static (seen, look) => (seen.Count + (look.IsOpen && !seen.Was ? 1 : 0), look.IsOpen));
        Assert.Equal(1, opened.Count);
    }

    [Fact]
    public void A_device_in_another_zone_has_its_own_night()
    {
        var window = Nightly with { TimeZoneTag = "place.zone" };
        var tokyo = new DeviceState { Tags = Encoding.UTF8.GetBytes("""{"place":{"zone":"Asia/Tokyo"}}""") };
        Assert.True(InstallWindows.Look([window], new DeviceFacts(tokyo), At("2026-11-01T17:45:00Z")).IsOpen);
        Assert.False(InstallWindows.Look([window], new DeviceFacts(new DeviceState()), At("2026-11-01T17:45:00Z")).IsOpen);
    }

    [Fact]
    public void Several_windows_are_open_where_one_is()
    {
        var noon = Nightly with { Rule = "FREQ=DAILY;BYHOUR=12;BYMINUTE=0;BYSECOND=0" };
        Assert.True(Look(At("2026-11-01T11:30:00Z"), Nightly, noon).IsOpen);
        Assert.Equal(At("2026-11-01T11:00:00Z"), Look(At("2026-11-01T05:00:00Z"), Nightly, noon).ChangesAt);
    }

    [Fact]
    public void A_blackout_beats_a_window()
    {
        var plan = UpdateSpace.Plan with { Windows = [Nightly], Blackouts = [new Blackout { From = At("2026-11-01T00:00:00Z"), Until = At("2026-11-01T02:00:00Z") }] };
        Assert.Equal(new WindowLook(false, At("2026-11-01T02:00:00Z")), InstallWindows.Look(plan, new DeviceFacts(new DeviceState()), At("2026-11-01T01:45:00Z")));
        Assert.True(InstallWindows.Look(plan, new DeviceFacts(new DeviceState()), At("2026-11-01T02:10:00Z")).IsOpen);
    }

    [Theory]
    [InlineData("2026-11-01T01:30:00Z", true, "2026-11-01T02:10:00Z")]
    [InlineData("2026-11-01T02:09:59Z", true, "2026-11-01T02:10:00Z")]
    [InlineData("2026-11-01T02:10:00Z", false, "2026-11-02T01:30:00Z")]
    public void A_window_in_which_an_install_cannot_end_is_closed(string now, bool isOpen, string changesAt) =>
        Assert.Equal(new WindowLook(isOpen, At(changesAt)), Look(At(now), Needs(20, Nightly)));

    [Fact]
    public void What_begins_in_a_window_ends_in_it_and_no_time_in_which_it_would_is_lost()
    {
        var late = Nightly with { Rule = "FREQ=DAILY;BYHOUR=3;BYMINUTE=20;BYSECOND=0" };
        var blackout = new Blackout { From = At("2026-11-02T02:00:00Z"), Until = At("2026-11-02T02:40:00Z") };
        var plan = Needs(30, Nightly, late) with { Blackouts = [blackout] };
        var whole = plan with { InstallTime = TimeSpan.Zero };
        var opened = 0;
        for (var now = At("2026-11-01T00:00:00Z"); now < At("2026-11-03T12:00:00Z"); now = now.AddMinutes(5))
        {
            var look = Look(now, plan);
            var wouldEnd = Enumerable.Range(0, 7).All(step => Look(now.AddMinutes(5 * step), whole).IsOpen);
            Assert.True(look.IsOpen == wouldEnd, $"{now}: {look.IsOpen}");
            Assert.True(look.ChangesAt > now);
            opened += look.IsOpen ? 1 : 0;
        }

        Assert.InRange(opened, 10, 100);
    }

    [Fact]
    public void Windows_that_follow_on_each_other_are_one()
    {
        var next = Nightly with { Rule = "FREQ=DAILY;BYHOUR=3;BYMINUTE=30;BYSECOND=0" };
        Assert.Equal(new WindowLook(true, At("2026-11-01T02:40:00Z")), Look(At("2026-11-01T02:20:00Z"), Needs(50, Nightly, next)));
        Assert.Equal(new WindowLook(true, null), Look(At("2026-11-01T02:20:00Z"), Needs(90, Nightly with { Rule = "FREQ=DAILY;BYHOUR=0,6,12,18", Duration = TimeSpan.FromDays(1) })) with { ChangesAt = null });
    }

    [Theory]
    [InlineData("FREQ=MINUTELY", "Europe/Vienna")]
    [InlineData("FREQ=HOURLY", "Europe/Vienna")]
    [InlineData("FREQ=DAILY;COUNT=1001", "Europe/Vienna")]
    [InlineData("FREQ=DAILY;UNTIL=20200101T000000Z", "Europe/Vienna")]
    [InlineData("nonsense", "Europe/Vienna")]
    [InlineData("FREQ=DAILY", "Europe/Atlantis")]
    public void What_cannot_be_evaluated_is_refused(string rule, string zone) => Assert.NotNull(WindowRules.WhyNot(Nightly with { Rule = rule, TimeZone = zone }));

    [Theory]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=DAILY;INTERVAL=2000000000")]
    public void A_rule_that_never_occurs_is_refused_and_opens_nothing_where_it_was_taken_before(string rule)
    {
        var window = Nightly with { Rule = rule };
        Assert.Contains("never occurs", WindowRules.WhyNot(window), StringComparison.Ordinal);
        Assert.Equal(new WindowLook(false, null), Look(At("2026-11-01T01:30:00Z"), window));
    }

    [Theory]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU", "2032-02-28T23:00:00Z")]
    [InlineData("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "2028-02-28T23:00:00Z")]
    public void A_rule_that_seldom_occurs_is_taken(string rule, string opensAt)
    {
        var window = Nightly with { Rule = rule };
        Assert.Null(WindowRules.WhyNot(window));
        Assert.Equal(new WindowLook(false, At(opensAt)), Look(At("2026-11-01T01:30:00Z"), window));
    }

    [Fact]
    public void The_hour_that_the_end_of_summer_time_has_twice_stops_no_rule_of_hours_of_the_day_and_one_of_hours_that_was_taken_before_is_closed()
    {
        var hours = Nightly with { Rule = "FREQ=DAILY;BYHOUR=1,2,3,4;BYMINUTE=0;BYSECOND=0", Duration = TimeSpan.FromMinutes(30) };
        Assert.Equal(new WindowLook(false, At("2026-10-25T02:00:00Z")), Look(At("2026-10-25T00:45:00Z"), hours));
        Assert.Equal(new WindowLook(false, null), Look(At("2026-10-25T02:45:00Z"), hours with { Rule = "FREQ=HOURLY" }));
    }

    [Fact]
    public void A_window_that_is_open_for_the_last_time_closes_when_it_is_over()
    {
        var window = Nightly with { Rule = "FREQ=YEARLY;INTERVAL=7000", TimeZone = "UTC" };
        Assert.Equal(new WindowLook(true, At("2024-01-01T01:00:00Z")), Look(At("2024-01-01T00:30:00Z"), window));
        Assert.Equal(new WindowLook(false, At("9024-01-01T00:00:00Z")), Look(At("2026-11-01T01:30:00Z"), window));
        var once = window with { Rule = "FREQ=YEARLY;INTERVAL=9000" };
        Assert.Equal(new WindowLook(true, At("2024-01-01T01:00:00Z")), Look(At("2024-01-01T00:30:00Z"), once));
        Assert.Equal(new WindowLook(false, null), Look(At("2026-11-01T01:30:00Z"), once));
    }

    /// <summary>Counted from nearby, every third day, every second week and every fifth hour fall where they fall when they are counted from 2024.</summary>
    [Theory]
    [InlineData("FREQ=DAILY;INTERVAL=3;BYHOUR=2;BYMINUTE=0;BYSECOND=0", "2026-11-01T01:30:00Z", true)]
    [InlineData("FREQ=DAILY;INTERVAL=3;BYHOUR=2;BYMINUTE=0;BYSECOND=0", "2026-11-02T01:30:00Z", false)]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;BYHOUR=2;BYMINUTE=0;BYSECOND=0", "2026-10-28T01:30:00Z", false)]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;BYHOUR=2;BYMINUTE=0;BYSECOND=0", "2026-11-04T01:30:00Z", true)]
    public void Intervals_are_counted_from_2024(string rule, string now, bool isOpen) =>
        Assert.Equal(isOpen, Look(At(now), Nightly with { Rule = rule, Duration = TimeSpan.FromHours(1) }).IsOpen);

    private static DevicePlan Needs(int minutes, params MaintenanceWindow[] windows) => UpdateSpace.Plan with { Windows = [.. windows], InstallTime = TimeSpan.FromMinutes(minutes) };

    private static WindowLook Look(DateTimeOffset now, DevicePlan plan) => InstallWindows.Look(plan, new DeviceFacts(new DeviceState()), now);

    private static WindowLook Look(DateTimeOffset now, params MaintenanceWindow[] windows) => InstallWindows.Look([.. windows], new DeviceFacts(new DeviceState()), now);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
