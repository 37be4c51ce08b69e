using Xunit;

namespace Muster.Simulation;

public sealed class PumpPowerTests
{
    private readonly PumpPower power = new();

    [Fact]
    public void One_that_is_to_go_off_leaves_its_connection_and_is_told_once_for_how_long()
    {
        using var session = new CancellationTokenSource();
        power.Attach(session);
        Assert.Null(power.Take());
        power.GoOff(TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(session.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(10)));
        Assert.Equal(TimeSpan.FromSeconds(5), power.Take());
        Assert.Null(power.Take());
    }

    [Fact]
    public void What_was_asked_for_while_it_was_not_connected_holds_for_the_next_connection()
    {
        power.GoOff(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        using var session = new CancellationTokenSource();
        power.Attach(session);
        Assert.True(session.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(10)));
        Assert.Equal(Timeout.InfiniteTimeSpan, power.Take());
    }

    [Fact]
    public void A_connection_that_it_has_left_is_left_alone()
    {
        using var session = new CancellationTokenSource();
        power.Attach(session);
        power.Detach();
        power.GoOff(TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.False(session.IsCancellationRequested);
    }
}
