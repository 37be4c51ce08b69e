using Xunit;

namespace Muster.Mqtt;

public sealed class KeepAliveTests
{
    [Theory]
    [InlineData(60, 90)]
    [InlineData(1, 1.5)]
    [InlineData(1767, 2650.5)]
    [InlineData(1768, 2650.5)]
    [InlineData(65535, 2650.5)]
    [InlineData(0, 2650.5)]
    public void A_silent_connection_is_kept_one_and_a_half_times_its_keep_alive(int seconds, double allowance) =>
        Assert.Equal(TimeSpan.FromSeconds(allowance), KeepAlive.Allowance((ushort)seconds));

    [Theory]
    [InlineData(10, 90, null, 80.0)]
    [InlineData(10, 90, 30.0, 30.0)]
    [InlineData(90, 90, null, null)]
    [InlineData(0, 90, 0.0, null)]
    [InlineData(0, 90, -5.0, null)]
    [InlineData(0, 90, 1e9, 90.0)]
    public void The_next_look_is_when_the_first_of_them_may_be_due(double silent, double allowance, double? untilExpiry, double? next)
    {
        var found = KeepAlive.NextLook(
            TimeSpan.FromSeconds(silent), TimeSpan.FromSeconds(allowance), untilExpiry is { } e ? TimeSpan.FromSeconds(e) : null);
        Assert.Equal(next is { } n ? TimeSpan.FromSeconds(n) : null, found);
    }
}
