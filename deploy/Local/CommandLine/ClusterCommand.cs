using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Net;

namespace Muster.Local;

/// <summary>The command line of <c>./cluster</c>.</summary>
internal static class ClusterCommand
{
    private const int MaxDevices = 100_000;

    private static readonly Option<string> Data = new("--data")
    {
        Description = "the cluster's folder",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
        Recursive = true,
    };

    private static readonly Option<int> Silos = Number("--silos", "how many silos", 3, 1, AddressPlan.MaxSilos);
    private static readonly Option<int> Gateways = Number("--gateways", "how many stand-alone gateways", 2, 0, AddressPlan.MaxGateways);
    private static readonly Option<int> Devices = Number("--devices", "simulated devices to connect", 0, 0, MaxDevices);

    private static readonly Option<string> Simulator = new("--simulator")
    {
        Description = "how those devices behave, such as \"--update-speed 20 --update-faults install:2%\"",
        HelpName = "OPTIONS",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<bool> NoRestart = new("--no-restart") { Description = "leave a node down that ended (otherwise it is started again after 5 s)" };

    private static readonly Option<IPAddress> Bind = new("--bind")
    {
        Description = "the balancer's IP address; nodes get loopback addresses of their own",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out var address))
            {
                return address;
            }

            result.AddError($"--bind is '{result.Tokens[0].Value}': not an IP address");
            return IPAddress.Loopback;
        },
    };

    private static readonly Option<string[]> Set = new("--set")
    {
        Description = "any other setting of silos or gateways, for those that know it; repeat it for more",
        HelpName = "Section:Key=value",
        DefaultValueFactory = _ => [],
    };

    private static readonly Argument<string> NodeName = new("NODE") { Description = "postgres, silo-1, gateway-1, balancer, …: status lists them" };

    /// <param name="up">Runs a cluster until it is stopped.</param>
    /// <param name="ask">Asks the running one; the exit code is its answer.</param>
    internal static Command Create(
        Func<ClusterOptions, CancellationToken, Task<int>> up, Func<string, ControlRequest, CancellationToken, Task<int>> ask)
    {
        Option[] options = [Silos, Gateways, Bind, NoRestart, Devices, Simulator, Set];
        var root = new Command("./cluster", """
            Muster as a cluster on this machine: PostgreSQL, silos, gateways and a balancer (haproxy) in front of them, in the foreground.
            Without a verb: up. When everything answers, DIR/connection.json says how to connect, and DIR/cluster.json which processes there are.
            Exit codes: 0 done, 2 usage, 3 data folder, 4 port in use, 5 missing prerequisite, 1 anything else.
            """) { new HelpOption(), Data };
        var start = new Command("up", "start the cluster and stay; Ctrl-C stops it cleanly, a second one at once");
        foreach (var option in options)
        {
            root.Add(option);
            start.Add(option);
        }

        root.SetAction((parsed, stop) => up(Read(parsed), stop));
        start.SetAction((parsed, stop) => up(Read(parsed), stop));
        root.Add(start);
        root.Add(Verb("down", "stop the running cluster", ask));
        root.Add(Verb("status", "list its nodes", ask));
        root.Add(NodeVerb("kill", "kill -9 a node; it is started again after 5 s", ask));
        root.Add(NodeVerb("stop", "stop a node cleanly; it stays down until it is started", ask));
        root.Add(NodeVerb("start", "start a node that is down, and wait until it answers", ask));
        return root;
    }

    private static Command Verb(string name, string description, Func<string, ControlRequest, CancellationToken, Task<int>> ask)
    {
        var command = new Command(name, description);
        command.SetAction((parsed, stop) => ask(Folder(parsed), new ControlRequest(name, null), stop));
        return command;
    }

    private static Command NodeVerb(string name, string description, Func<string, ControlRequest, CancellationToken, Task<int>> ask)
    {
        var command = new Command(name, description) { NodeName };
        command.SetAction((parsed, stop) => ask(Folder(parsed), new ControlRequest(name, parsed.GetRequiredValue(NodeName)), stop));
        return command;
    }

    private static ClusterOptions Read(ParseResult parsed) => new()
    {
        Folder = Folder(parsed),
        Bind = parsed.GetRequiredValue(Bind),
        Silos = parsed.GetRequiredValue(Silos),
        Gateways = parsed.GetRequiredValue(Gateways),
        Devices = parsed.GetRequiredValue(Devices),
        SimulatorOptions = parsed.GetRequiredValue(Simulator).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        Restarts = !parsed.GetValue(NoRestart),
        Settings = [.. parsed.GetRequiredValue(Set)],
    };

    private static string Folder(ParseResult parsed) => Path.GetFullPath(parsed.GetRequiredValue(Data));

    private static Option<int> Number(string name, string description, int fallback, int min, int max)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"{min} to {max}");
        var option = new Option<int>(name) { Description = $"{description} ({range})", HelpName = "N", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            // Text that is no number is refused by the parser itself, after this.
            if (int.TryParse(result.Tokens is [.., var token] ? token.Value : null, CultureInfo.InvariantCulture, out var value) && (value < min || value > max))
            {
                result.AddError($"{name} is {range}.");
            }
        });
        return option;
    }
}
