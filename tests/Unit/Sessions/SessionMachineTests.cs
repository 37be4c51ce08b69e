using Muster.Devices;
using Orleans.Runtime;
using Xunit;

namespace Muster.Sessions;

public sealed class SessionMachineTests
{
    private const SessionSubscriptions Some = SessionSubscriptions.Methods | SessionSubscriptions.TwinResponses;
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SiloAddress Silo = SiloAddress.New(System.Net.IPAddress.Loopback, 11111, 7);

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    public void Subscriptions_are_taken_over_from_persistent_to_persistent_only(bool firstClean, bool secondClean, bool present)
    {
        var first = SessionMachine.Attach(SessionState.None, Request(1, firstClean), Now);
        var subscribed = SessionMachine.Subscribe(first.Next, first.Current, Some);
        foreach (var before in (SessionState[])[subscribed, SessionMachine.Detach(subscribed, first.Current, Now)])
        {
            var second = SessionMachine.Attach(before, Request(2, secondClean), Now);
            Assert.Equal((present, present ? Some : SessionSubscriptions.None), (second.SessionPresent, second.Next.Subscriptions));
        }
    }

    [Fact]
    public void An_older_session_neither_ends_nor_changes_a_newer_one()
    {
        var first = SessionMachine.Attach(SessionState.None, Request(1, false), Now);
        var second = SessionMachine.Attach(first.Next, Request(2, false), Now);
        Assert.Equal(first.Current, second.Replaced);
        Assert.True(second.Current.Epoch > first.Current.Epoch);
        Assert.Same(second.Next, SessionMachine.Detach(second.Next, first.Current, Now));
        Assert.Same(second.Next, SessionMachine.Subscribe(second.Next, first.Current, Some));
    }

    [Fact]
    public void An_epoch_is_never_given_out_twice_and_a_detach_said_twice_does_what_it_did_once()
    {
        var first = SessionMachine.Attach(SessionState.None, Request(1, true), Now);
        var ended = SessionMachine.Detach(first.Next, first.Current, Now);
        Assert.Null(ended.Current);
        Assert.Same(ended, SessionMachine.Detach(ended, first.Current, Now));
        Assert.Equal(2, SessionMachine.Attach(ended, Request(1, true), Now).Current.Epoch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_attach_that_is_asked_again_stays_what_it_was(bool clean)
    {
        var before = SessionMachine.Subscribe(SessionMachine.Attach(SessionState.None, Request(1, false), Now) is var old ? old.Next : null!, old.Current, Some);
        var first = SessionMachine.Attach(before, Request(2, clean), Now);
        var again = SessionMachine.Attach(first.Next, Request(2, clean), Now.AddSeconds(1));
        Assert.Same(first.Next, again.Next);
        Assert.Equal((first.Current, first.SessionPresent), (again.Current, again.SessionPresent));
        Assert.Null(again.Replaced);
    }

    private static AttachRequest Request(long connection, bool clean) =>
        new() { Silo = Silo, ConnectionId = connection, IdentityETag = "x", CleanSession = clean };
}
