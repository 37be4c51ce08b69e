using System.Text;
using System.Text.Json;
using Muster.Simulation.Updates;
using Xunit;

namespace Muster.Simulation;

public sealed class PumpDialogueTests
{
    private static readonly PumpSettings Settings = new() { TelemetryInterval = 10 };

    [Fact]
    public void A_wish_in_range_is_obeyed_and_acknowledged_with_its_version()
    {
        var (settings, report) = Apply("""{"targetFlow": 80, "telemetryInterval": 2.5, "$version": 7}""");
        Assert.Equal((80, 2.5, 6d), (settings.TargetFlow, settings.TelemetryInterval, settings.MaxPressure));
        Assert.Equal("""{"telemetryInterval":{"value":2.5,"ac":200,"av":7,"ad":null},"targetFlow":{"value":80,"ac":200,"av":7,"ad":null}}""", report);
    }

    [Theory]
    [InlineData("""{"targetFlow": 151, "$version": 2}""")]
    [InlineData("""{"targetFlow": "much", "$version": 2}""")]
    [InlineData("""{"targetFlow": {"value": 1}, "$version": 2}""")]
    public void A_wish_that_cannot_be_is_answered_with_what_holds_instead(string desired)
    {
        var (settings, report) = Apply(desired);
        Assert.Equal(Settings, settings);
        Assert.Equal("""{"targetFlow":{"value":120,"ac":400,"av":2,"ad":"a number from 0 to 150"}}""", report);
    }

    [Theory]
    [InlineData("""{"$version": 2}""")]
    [InlineData("""{"targetFlow": null, "$version": 2}""")]
    [InlineData("""{"paint": "green", "$version": 2}""")]
    public void What_it_does_not_know_and_a_wish_withdrawn_need_no_answer(string desired) => Assert.Equal((Settings, "{}"), Apply(desired));

    [Fact]
    public void A_fault_is_asked_for_by_its_name_and_taken_back_by_null()
    {
        var (settings, report) = Apply("""{"updateFault": "install", "$version": 3}""");
        Assert.Equal((UpdateFault.Install, """{"updateFault":{"value":"install","ac":200,"av":3,"ad":null}}"""), (settings.UpdateFault, report));
        Assert.Contains("\"ac\":400", Apply("""{"updateFault": "paint", "$version": 3}""").Report, StringComparison.Ordinal);
        var taken = WritableProperties.Apply(settings, JsonElement.Parse("""{"updateFault": null, "$version": 4}"""));
        Assert.Equal(UpdateFault.None, taken.Settings.UpdateFault);
        Assert.Equal("""{"updateFault":{"value":null,"ac":200,"av":4,"ad":null}}""", taken.Report.ToJsonString());
    }

    [Theory]
    [InlineData("deviceUpdateAvailable", """{"id":"7"}""", 200)]
    [InlineData("reboot", "null", 202)]
    [InlineData("reboot", "", 202)]
    [InlineData("reboot", """{"delay":5}""", 202)]
    [InlineData("reboot", """{"delay":61}""", 400)]
    [InlineData("reboot", """{"when":"now"}""", 400)]
    [InlineData("setFlow", """{"flow":90}""", 200)]
    [InlineData("setFlow", """{"flow":-1}""", 400)]
    [InlineData("setFlow", """{"flow":"90"}""", 400)]
    [InlineData("setFlow", "90", 400)]
    [InlineData("setFlow", "null", 400)]
    [InlineData("setFlow", "{", 400)]
    [InlineData("selfDestruct", "null", 501)]
    public void A_method_is_done_or_refused_by_its_status(string method, string payload, int status)
    {
        var answer = PumpMethods.Invoke(method, Encoding.UTF8.GetBytes(payload), Settings);
        Assert.Equal(status, answer.Status);
        Assert.Equal(status >= 400, answer.Payload.ContainsKey("error"));
        Assert.True(status < 400 || answer is { Settings: null, RebootAfter: null });
    }

    [Fact]
    public void A_method_does_what_it_answers()
    {
        Assert.Equal(90, PumpMethods.Invoke("setFlow", """{"flow":90}"""u8, Settings).Settings!.TargetFlow);
        Assert.Equal(TimeSpan.FromSeconds(5), PumpMethods.Invoke("reboot", """{"delay":5}"""u8, Settings).RebootAfter);
    }

    private static (PumpSettings Settings, string Report) Apply(string desired)
    {
        var (settings, report) = WritableProperties.Apply(Settings, JsonElement.Parse(desired));
        return (settings, report.ToJsonString());
    }
}
