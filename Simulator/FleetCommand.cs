using System.CommandLine;
using System.Globalization;
using Muster.Simulation.Load;

namespace Muster.Simulation;

/// <summary>The command line of the simulator.</summary>
internal static class FleetCommand
{
    private static readonly Option<string?> Connection = new("--connection") { Description = "the hub's connection.json; - for standard input", HelpName = "FILE" };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "the hub's data folder, where connection.json is",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    private static readonly Option<int> Devices = Number("--devices", "how many pumps", 100, value => value is >= 1 and <= 100_000, "1 to 100000");

    private static readonly Option<double> Interval = Number(
        "--telemetry-interval", "seconds between messages of one pump", 10.0, value => value is >= 0.01 and <= 86_400, "0.01 to 86400");

    private static readonly Option<double> Rate = Number(
        "--connect-rate", "connects per second, over the whole fleet", 50.0, value => value is >= 0.1 and <= 10_000, "0.1 to 10000");

    private static readonly Option<double> Drop = Number(
        "--drop-rate", "share of messages after which the connection breaks off", 0.0, value => value is >= 0 and <= 1, "0 to 1");

    private static readonly Option<double> Slow = Number(
        "--slow", "share of method calls and twin changes that are answered 3 to 8 s late", 0.0, value => value is >= 0 and <= 1, "0 to 1");

    internal static RootCommand Create(Func<FleetOptions, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand($"A fleet of simulated fuel pumps, over the real wire. With {LoadCommand.Switch} a load harness instead: {LoadCommand.Switch} --help.") { Connection, Data, Devices, Interval, Rate, Drop, Slow };
        foreach (var option in UpdateArguments.All)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, stop) => run(
            new FleetOptions
            {
                Connection = parsed.GetValue(Connection) ?? Path.Combine(parsed.GetRequiredValue(Data), "connection.json"),
                Devices = parsed.GetRequiredValue(Devices),
                TelemetryInterval = parsed.GetRequiredValue(Interval),
                ConnectRate = parsed.GetRequiredValue(Rate),
                DropRate = parsed.GetRequiredValue(Drop),
                SlowRate = parsed.GetRequiredValue(Slow),
                Updates = UpdateArguments.Read(parsed),
            },
            stop));
        return command;
    }

    private static Option<T> Number<T>(string name, string description, T fallback, Func<T, bool> isValid, string range)
        where T : struct, IParsable<T>
    {
        var option = new Option<T>(name) { Description = $"{description} ({range})", HelpName = "N", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            // Text that is no number is refused by the parser itself, after this.
            if (T.TryParse(result.Tokens is [.., var token] ? token.Value : null, CultureInfo.InvariantCulture, out var value) && !isValid(value))
            {
                result.AddError($"{name} is {range}.");
            }
        });
        return option;
    }
}
