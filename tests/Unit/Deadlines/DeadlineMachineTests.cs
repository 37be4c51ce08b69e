using System.Net;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Sessions;
using Orleans.Runtime;
using Xunit;

namespace Muster.Deadlines;

public sealed class DeadlineMachineTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SiloAddress Silo = SiloAddress.New(IPAddress.Loopback, 11111, 7);

    [Fact]
    public void Nothing_due_changes_nothing()
    {
        var state = new DeviceState { NextDeadline = Now.AddTicks(1), Session = Connected() };
        Assert.Same(state, OnDue(state, _ => false));
    }

    [Fact]
    public void What_was_done_is_not_due_again()
    {
        var done = OnDue(new DeviceState { NextDeadline = Now, Session = Connected() }, _ => true);
        Assert.Null(done.NextDeadline);
        Assert.Null(done.Session.Current);
        Assert.Equal((3, Now), (done.Session.Epoch, done.Session.ChangedAt));
        Assert.Same(done, OnDue(done, _ => true));
    }

    private static DeviceState OnDue(DeviceState state, Func<SiloAddress, bool> isDead) =>
        DeadlineMachine.OnDue(state, Now, isDead, new CloudToDeviceOptions(), locks: null);

    private static SessionState Connected() => new() { Current = new SessionRef(Silo, 1, 3), Epoch = 3 };
}
