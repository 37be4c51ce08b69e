using System.Text;
using Muster.Devices;
using Xunit;

namespace Muster.Updates;

/// <summary>How a device's update goes by its windows.</summary>
public sealed class UpdateWindowTests
{
    // Open from 02:00 to 04:00 UTC.
    private static readonly DevicePlan Plan = UpdateSpace.Plan with
    {
        Windows = [new MaintenanceWindow { Rule = "FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYSECOND=0", Duration = TimeSpan.FromHours(2) }],
    };

    private static readonly DateTimeOffset Opens = new(2026, 11, 2, 2, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(AgentEvent.Fetched)]
    [InlineData(AgentEvent.Downloading)]
    [InlineData(AgentEvent.Downloaded)]
    public void From_its_offer_to_its_install_a_device_is_looked_at_whenever_its_window_changes(AgentEvent what)
    {
        var offered = UpdateMachine.Assign(null, UpdateSpace.Assignment, At(Opens)).Move!.Value.Next;
        Assert.Equal((UpdateStatus.Offered, Opens.AddHours(2)), (offered.Status, offered.LookAt));

        var update = UpdateMachine.Next(offered, UpdateSpace.Said(1, what), At(Opens.AddMinutes(1))).Next with { Deadline = Opens.AddDays(9) };
        Assert.Equal(Opens.AddHours(2), update.LookAt);
        var told = TwinChannel.SignOf(update, At(Opens.AddMinutes(1)));

        update = UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), At(Opens.AddHours(2))).Next;
        Assert.Equal(Opens.AddDays(1), update.LookAt);
        Assert.NotEqual(told, TwinChannel.SignOf(update, At(Opens.AddHours(2))));

        update = UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), At(Opens.AddDays(1))).Next;
        Assert.Equal(Opens.AddDays(1).AddHours(2), update.LookAt);
        Assert.Equal(told, TwinChannel.SignOf(update, At(Opens.AddDays(1))));
    }

    [Fact]
    public void Nothing_is_offered_and_no_install_is_let_begin_that_would_not_end_in_the_window()
    {
        var plan = Plan with { InstallTime = TimeSpan.FromMinutes(90) };
        var (early, late) = (UpdateSpace.Context(now: Opens.AddMinutes(29), plan: plan), UpdateSpace.Context(now: Opens.AddMinutes(30), plan: plan));
        Assert.Equal(UpdateStatus.Gated, UpdateMachine.Assign(null, UpdateSpace.Assignment, late).Move!.Value.Next.Status);

        var offered = UpdateMachine.Assign(null, UpdateSpace.Assignment, early).Move!.Value.Next;
        Assert.Equal((UpdateStatus.Offered, Opens.AddMinutes(30)), (offered.Status, offered.LookAt));
        Assert.Equal(UpdatePermit.Commit, UpdateOffers.Of(offered, early)!.Permit);
        Assert.Equal(UpdatePermit.Download, UpdateOffers.Of(offered, late)!.Permit);
    }

    [Fact]
    public void What_installs_is_not_looked_at_for_its_window()
    {
        var offered = UpdateMachine.Assign(null, UpdateSpace.Assignment, At(Opens)).Move!.Value.Next;
        Assert.Null(UpdateMachine.Next(offered, UpdateSpace.Said(1, AgentEvent.Installing), At(Opens.AddMinutes(1))).Next.LookAt);
    }

    [Fact]
    public void A_twin_that_could_not_be_written_is_written_at_the_next_look_and_then_once_a_minute()
    {
        var (now, update) = (UpdateSpace.Start, UpdateSpace.Begun());
        Assert.Equal(now, TwinChannel.TellAt(null, update, isRefused: false, now));
        Assert.Equal(now, TwinChannel.TellAt(update with { Agent = UpdateAgent.Rauc }, update, isRefused: false, now));
        Assert.Equal(now.AddMinutes(1), TwinChannel.TellAt(update, update with { Status = UpdateStatus.Accepted }, isRefused: false, now));
        Assert.Equal(now.AddMinutes(1), TwinChannel.TellAt(null, update, isRefused: true, now));
        Assert.Equal(now.AddSeconds(3), TwinChannel.TellAt(update, update with { LookAt = now.AddSeconds(3) }, isRefused: false, now));
    }

    private static UpdateContext At(DateTimeOffset now) => UpdateSpace.Context(
        new DeviceState { Reported = UpdateSpace.Device().Reported, Tags = Encoding.UTF8.GetBytes("{}") }, now, Plan);
}
