using Microsoft.Extensions.Time.Testing;
using Muster.Simulation.Updates;
using Xunit;

namespace Muster.Simulation;

public sealed class FleetTests
{
    [Theory]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, 1, 1)]
    [InlineData(3, 0, 2)]
    [InlineData(3, 1, 4)]
    [InlineData(50, 0, 30)]
    [InlineData(50, 1, 60)]
    public void Waiting_doubles_up_to_a_minute_and_is_spread_over_its_second_half(int failures, double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Delay(failures, chance));

    [Fact]
    public async Task Connects_are_let_through_at_the_rate_that_was_asked_for()
    {
        var clock = new FakeTimeProvider();
        var pace = new ConnectPace(10, clock);
        var turns = Enumerable.Range(0, 21).Select(_ => pace.WaitAsync(TestContext.Current.CancellationToken)).ToArray();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(turns.Count(turn => turn.IsCompletedSuccessfully), 9, 11);
        clock.Advance(TimeSpan.FromSeconds(1.2));
        await Task.WhenAll(turns);
    }

    [Fact]
    public void The_status_line_says_counts_and_rates() => Assert.Equal(
        "fleet: 98 of 100 connected, 9.8 messages/s, 4321 sent, 5 methods, 2 twin changes, 3 drops, 1 failures (last: refused)",
        StatusLine.Text(100, new FleetCounts(98, 4321, 5, 2, 3, 1), 9.81, "refused"));

    [Fact]
    public void It_reads_connection_json_as_the_hub_writes_it()
    {
        var hub = HubAddress.Parse("""
            { "hostName": "hub.example", "address": "127.0.0.9", "mqttPort": 8883, "httpsPort": 443, "caCertificate": "/data/ca.pem",
              "serviceConnectionString": "HostName=hub.example;SharedAccessKeyName=iothubowner;SharedAccessKey=a2V5MQ==", "later": {} }
            """);
        Assert.Equal(("127.0.0.9", "iothubowner", "a2V5MQ=="), (hub.Dial, hub.Policy, hub.PolicyKey));
        Assert.Throws<InvalidDataException>(() => HubAddress.Parse("{}"));
        Assert.Throws<InvalidDataException>(() => HubAddress.Parse("null"));
        Assert.Throws<InvalidDataException>(() => HubAddress.Parse(""));
    }

    [Fact]
    public async Task Its_command_line_has_ranges()
    {
        FleetOptions? seen = null;
        var command = FleetCommand.Create((options, _) => Task.FromResult((seen = options) is null ? 1 : 0));
        Assert.Equal(0, await command.Parse(["--devices", "7", "--data", "d"]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((7, 10d, Path.Combine("d", "connection.json")), (seen!.Devices, seen.TelemetryInterval, seen.Connection));
        Assert.Single(command.Parse(["--devices", "0"]).Errors);
        Assert.Single(command.Parse(["--devices", "x"]).Errors);
        Assert.Single(command.Parse(["--drop-rate", "1.5"]).Errors);
        Assert.NotEmpty(command.Parse(["--unheard-of"]).Errors);
    }

    [Fact]
    public async Task Its_command_line_says_how_it_updates()
    {
        FleetOptions? seen = null;
        var command = FleetCommand.Create((options, _) => Task.FromResult((seen = options) is null ? 1 : 0));
        string[] arguments = ["--update-speed", "20", "--update-faults", "cut:5%,lies:1%", "--seed", "3", "--model", "P7", "--software-version", "1.4.0"];
        Assert.Equal(0, await command.Parse(arguments).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((20d, 3, "P7", "1.4.0"), (seen!.Updates.Speed, seen.Updates.Seed, seen.Updates.Model, seen.Updates.SoftwareVersion));
        Assert.Equal([UpdateFault.Cut, UpdateFault.Lies], seen.Updates.Faults.Shares.Select(share => share.Fault));
        Assert.Equal(0, await command.Parse([]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((1d, "fuel-pump", "1.0.0", 0), (seen.Updates.Speed, seen.Updates.Model, seen.Updates.SoftwareVersion, seen.Updates.Faults.Shares.Length));
        Assert.Single(command.Parse(["--update-speed", "0"]).Errors);
        Assert.Contains("there is no fault 'x'", Assert.Single(command.Parse(["--update-faults", "x:1%"]).Errors).Message, StringComparison.Ordinal);
    }
}
