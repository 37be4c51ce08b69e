using System.CommandLine;
using System.Globalization;

namespace Muster.Simulation.Load;

/// <summary>The command line of the load harness: <c>--load</c>.</summary>
internal static class LoadCommand
{
    /// <summary>What makes the simulator a load harness.</summary>
    internal const string Switch = "--load";

    private static readonly Option<bool> Load = new(Switch) { Description = "measure the hub under a load instead of playing a fleet" };

    private static readonly Option<string?> Connection = new("--connection") { Description = "the hub's connection.json", HelpName = "FILE" };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "the hub's data folder, where connection.json is",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    private static readonly Option<LoadClient> Client = new("--client")
    {
        Description = "over the wire, or as an Orleans client for what the grains can do",
        HelpName = "wire|orleans",
        DefaultValueFactory = _ => LoadClient.Wire,
    };

    private static readonly Option<int> Devices = Number("--devices", "how many devices, load-000001 and on", 1000, 1, 1_000_000);

    private static readonly Option<double> ConnectRate = Number("--connect-rate", "connects per second; 0 is a storm, as fast as they go", 200d, 0, 100_000);

    private static readonly Option<int> ConnectsAtOnce = Number("--connects-at-once", "connects under way at once", 256, 1, 10_000);

    private static readonly Option<double> Telemetry = Rate("--telemetry", "messages");

    private static readonly Option<double> TwinWrites = Rate("--twin-writes", "reported patches");

    private static readonly Option<double> TwinReads = Rate("--twin-reads", "twin reads");

    private static readonly Option<double> Methods = Rate("--methods", "direct methods");

    private static readonly Option<double> WarmUp = Number("--warm-up", "seconds before anything counts", 5d, 0, 3600);

    private static readonly Option<double> Duration = Number("--duration", "seconds that count; 0 measures connects alone", 30d, 0, 86_400);

    private static readonly Option<int> Payload = Number("--payload", "bytes of a message, and of the value in a patch", 200, 1, 30_000);

    private static readonly Option<int> InFlight = Number("--in-flight", "operations under way at once; more wait, and their waiting counts", 4096, 1, 100_000);

    private static readonly Option<string> Results = new("--results")
    {
        Description = "where the results go: FILE.md and FILE.json",
        HelpName = "FILE",
        DefaultValueFactory = _ => "load",
    };

    private static readonly Option<string?> Security = new("--security")
    {
        Description = "folder with the cluster's certificates, for --client orleans and a cluster with mutual TLS",
        HelpName = "DIR",
    };

    internal static RootCommand Create(Func<LoadOptions, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand("Offers a load to a hub at fixed rates and measures how it does.")
        {
            Load, Connection, Data, Client, Devices, ConnectRate, ConnectsAtOnce, Telemetry, TwinWrites, TwinReads, Methods, WarmUp, Duration, Payload,
            InFlight, Results, Security,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Client) == LoadClient.Orleans && (result.GetValue(Telemetry) > 0 || result.GetValue(Methods) > 0))
            {
                result.AddError("--client orleans offers --twin-writes and --twin-reads: messages and methods need devices on the wire.");
            }
        });
        command.SetAction((parsed, stop) => run(Read(parsed), stop));
        return command;
    }

    private static LoadOptions Read(ParseResult parsed) => new()
    {
        Connection = parsed.GetValue(Connection) ?? Path.Combine(parsed.GetRequiredValue(Data), "connection.json"),
        Client = parsed.GetRequiredValue(Client),
        Devices = parsed.GetRequiredValue(Devices),
        ConnectRate = parsed.GetRequiredValue(ConnectRate),
        ConnectsAtOnce = parsed.GetRequiredValue(ConnectsAtOnce),
        Rates = new[]
        {
            (LoadKind.Telemetry, Telemetry), (LoadKind.TwinWrite, TwinWrites), (LoadKind.TwinRead, TwinReads), (LoadKind.Method, Methods),
        }.Select(kind => (kind.Item1, PerSecond: parsed.GetValue(kind.Item2))).Where(kind => kind.PerSecond > 0).ToDictionary(kind => kind.Item1, kind => kind.PerSecond),
        WarmUp = TimeSpan.FromSeconds(parsed.GetRequiredValue(WarmUp)),
        Duration = TimeSpan.FromSeconds(parsed.GetRequiredValue(Duration)),
        PayloadBytes = parsed.GetRequiredValue(Payload),
        InFlight = parsed.GetRequiredValue(InFlight),
        Results = parsed.GetRequiredValue(Results),
        SecurityFolder = parsed.GetValue(Security),
    };

    private static Option<double> Rate(string name, string what) => Number(name, $"{what} per second, over all devices", 0d, 0, 1_000_000);

    private static Option<T> Number<T>(string name, string description, T fallback, T least, T most)
        where T : struct, IParsable<T>, IComparable<T>
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");
        var option = new Option<T>(name) { Description = $"{description} ({range})", HelpName = "N", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            // Text that is no number is refused by the parser itself, after this.
            if (T.TryParse(result.Tokens is [.., var token] ? token.Value : null, CultureInfo.InvariantCulture, out var value)
                && !(value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0))
            {
                result.AddError($"{name} is {range}.");
            }
        });
        return option;
    }
}
