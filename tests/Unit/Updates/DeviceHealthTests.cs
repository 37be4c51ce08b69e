using Muster.Devices;
using Muster.Json;
using Muster.Telemetry;
using Xunit;

namespace Muster.Updates;

public sealed class DeviceHealthTests
{
    private static readonly DateTimeOffset Began = UpdateSpace.Start;
    private static readonly HealthRule Rule = new() { Soak = TimeSpan.FromMinutes(30), Bounds = [new TelemetryBound { Field = "pressure", Min = 1, Max = 4 }] };

    [Theory]
    [InlineData(-1, 3, 10, null)]
    [InlineData(-1, 9, 10, null)]
    [InlineData(-1, 3, 30, "pressure is no number, not from 1 to 4.")]
    [InlineData(0, 3, 10, null)]
    [InlineData(0, 3, 30, null)]
    [InlineData(0, 9, 10, "pressure is 9, not from 1 to 4.")]
    [InlineData(5, 0.5, 30, "pressure is 0.5, not from 1 to 4.")]
    public void Only_what_came_since_the_soak_began_counts_and_is_waited_for_until_it_ends(int cameAt, double value, int lookedAt, string? why) =>
        Assert.Equal(why, WhyUnwell(lookedAt, Said(Began.AddMinutes(cameAt), $$"""{"pressure":{{value}}}""")));

    [Fact]
    public void A_device_that_never_said_the_value_or_says_no_number_is_not_well_once_the_soak_is_over()
    {
        foreach (var telemetry in new[] { null, Said(Began, """{"pressure":"high"}"""), Said(Began, """{"flow":1}""") })
        {
            Assert.Null(WhyUnwell(29, telemetry));
            Assert.Equal("pressure is no number, not from 1 to 4.", WhyUnwell(30, telemetry));
        }
    }

    private static string? WhyUnwell(int minutes, byte[]? telemetry) =>
        DeviceHealth.WhyUnwell(Rule, new DeviceFacts(new DeviceState { Telemetry = telemetry }), 0, Began.AddMinutes(minutes), Began);

    private static byte[]? Said(DateTimeOffset at, string body) => TelemetryFields.Merge(null, new ObservationBatch([new Observation(0, at, JsonUtf8.Parse(body))]));
}
