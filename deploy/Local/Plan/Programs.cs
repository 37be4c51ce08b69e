using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace Muster.Local;

/// <summary>The command lines of the cluster's own programs. Secrets go by the environment: command lines are everyone's to read.</summary>
internal sealed record Programs
{
    private const string ClusterId = "muster";

    /// <summary>The build's output: <c>artifacts/bin</c>.</summary>
    internal required string Built { get; init; }

    /// <summary>Debug or release, as this program's own folder is called.</summary>
    internal required string Configuration { get; init; }

    internal required ClusterOptions Options { get; init; }

    internal required AddressPlan Plan { get; init; }

    internal required string Secrets { get; init; }

    internal static Programs For(ClusterOptions options, AddressPlan plan, string secrets)
    {
        var own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        return new Programs
        {
            Built = Path.GetFullPath(Path.Combine(own, "..", "..")),
            Configuration = Path.GetFileName(own),
            Options = options,
            Plan = plan,
            Secrets = secrets,
        };
    }

    internal ProcessStartInfo Silo(NodePlan silo, string database)
    {
        var start = Dotnet("Silo",
        [
            "--bind", silo.Address.ToString(), "--data", Path.Combine(Options.Folder, silo.Name), "--host", Plan.HostName, "--devices", "0",
            "--https-port", Port(silo, "https"), "--mqtt-port", Port(silo, "mqtt"), "--amqp-port", Port(silo, "amqp"),
            "--silo-port", Port(silo, "silo"), "--gateway-port", Port(silo, "gateway"),
            .. Set($"Cluster:SiloName={silo.Name}", $"Cluster:ClusterId={ClusterId}", $"Hub:HostNames={HostNames}", $"Security:Folder={Secrets}"),
            .. Set([.. Options.Settings.Where(SettingRoute.IsForSilos)]),
        ]);
        start.Environment["Storage__ConnectionString"] = database;
        return start;
    }

    internal ProcessStartInfo Gateway(NodePlan gateway) => Dotnet("Gateway.Api",
    [
        "--bind", gateway.Address.ToString(), "--port", Port(gateway, "https"),
        "--certificate", Path.Combine(Secrets, "server.pem"), "--certificate-key", Path.Combine(Secrets, "server.key"),
        .. Set($"Orleans:Gateway={Plan.OrleansGateways}", $"Orleans:ClusterId={ClusterId}", "Orleans:ServiceId=muster", "Orleans:Tls=true", $"Security:Folder={Secrets}"),
        .. Set([.. Options.Settings.Where(SettingRoute.IsForGateways)]),
    ]);

    internal ProcessStartInfo Simulator() =>
        Dotnet("Simulator", ["--connection", "-", "--devices", Options.Devices.ToString(CultureInfo.InvariantCulture), .. Options.SimulatorOptions]);

    internal static ProcessStartInfo Balancer(string configuration) => new("haproxy", ["-db", "-f", configuration]);

    // The balancer's address and the gateways' and silos' own: whoever dials a node directly finds it named in the certificate.
    private string HostNames => string.Join(',', Plan.All.Select(node => node.Address.ToString()).Append(Plan.Dialled.ToString()).Distinct());

    private ProcessStartInfo Dotnet(string project, ImmutableArray<string> arguments) =>
        new("dotnet", [Path.Combine(Built, project, Configuration, $"Muster.{project}.dll"), .. arguments]) { WorkingDirectory = Options.Folder };

    private static string Port(NodePlan node, string name) => node.Ports[name].ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> Set(params IReadOnlyList<string> settings) => settings.SelectMany(setting => new[] { "--set", setting });
}
