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
    [InlineData("FREQ=MINUTELY", "Europe/Vienna")]
    [InlineData("nonsense", "Europe/Vienna")]
    [InlineData("FREQ=DAILY", "Europe/Atlantis")]
    public void What_cannot_be_evaluated_is_refused(string rule, string zone) => Assert.NotNull(WindowRules.WhyNot(Nightly with { Rule = rule, TimeZone = zone }));

    private static WindowLook Look(DateTimeOffset now, params MaintenanceWindow[] windows) => InstallWindows.Look([.. windows], new DeviceFacts(new DeviceState()), now);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
