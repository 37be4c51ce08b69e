using CsCheck;
using Xunit;

namespace Muster.Gateway;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("PT30M", "00:30:00")]
    [InlineData("P7D", "7.00:00:00")]
    [InlineData("P2W", "14.00:00:00")]
    [InlineData("P1DT2H3M4.5S", "1.02:03:04.5000000")]
    [InlineData("PT90M", "01:30:00")]
    [InlineData("PT0S", "00:00:00")]
    [InlineData("00:30:00", "00:30:00")]
    [InlineData("7.00:00:00", "7.00:00:00")]
    public void A_duration_is_read(string text, string wanted)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(wanted, duration.ToString("c"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("P1M")]
    [InlineData("P1Y")]
    [InlineData("-PT1H")]
    [InlineData("PT1.5H")]
    [InlineData("pt1h")]
    [InlineData("30")]
    [InlineData("7")]
    [InlineData("00:30")]
    [InlineData("-00:30:00")]
    [InlineData("25:00:00")]
    [InlineData("PT30M\n")]
    [InlineData("P999999999W")]
    public void What_is_no_duration_or_has_no_one_length_is_not(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void A_duration_is_read_as_it_was_written() => Gen.Long[0, TimeSpan.TicksPerDay * 3650].Sample(ticks =>
        Durations.TryParse(Durations.Text(new TimeSpan(ticks)), out var duration) && duration.Ticks == ticks);
}
