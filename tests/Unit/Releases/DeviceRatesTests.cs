using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Releases;

public sealed class DeviceRatesTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void A_seconds_worth_goes_at_once_and_what_goes_beyond_is_waited_for_whatever_connection_it_goes_by()
    {
        var rates = Rates(1000);
        using var first = rates.Enter("d");
        using var second = rates.Enter("d");
        using var other = rates.Enter("e");

        Assert.True(first!.WaitAsync(1000, TestContext.Current.CancellationToken).IsCompleted);
        var waiting = second!.WaitAsync(500, TestContext.Current.CancellationToken);
        Assert.True(other!.WaitAsync(1000, TestContext.Current.CancellationToken).IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(waiting.IsCompleted);
    }

    [Fact]
    public void A_device_that_downloads_nothing_costs_nothing()
    {
        var rates = Rates(1000);
        var (first, second) = (rates.Enter("d")!, rates.Enter("d")!);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, rates.Count);
        second.Dispose();
        Assert.Equal(0, rates.Count);
        Assert.Null(Rates(0).Enter("d"));
    }

    private DeviceRates Rates(long bytesPerSecond) => new(Options.Create(new ReleaseOptions { DeviceBytesPerSecond = bytesPerSecond }), clock);
}
