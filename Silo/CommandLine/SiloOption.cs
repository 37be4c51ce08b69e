using System.Text;

namespace Muster.Hosting;

/// <summary>An option of the command line: a short name for a setting.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Value">What the help calls the value.</param>
/// <param name="Key">The configuration key that it sets; null: the value names the key itself.</param>
/// <param name="Help">One line for <c>--help</c>.</param>
internal sealed record SiloOption(string Name, string Value, string? Key, string Help)
{
    private const string Usage = """
        Muster: an IoT hub for devices and services that use the Azure IoT SDKs.

        usage: ./run [options]


        """;

    private const string Settings = """
          --help                     this text

        Every setting can also come from the environment, as Section__Key=value. Some that have no option of their own:
          Roles=hub,gateway          what this process serves: device protocols, REST (both)
          Hub:HostNames=a,b          further names that the hub answers to
          Hub:AmqpPlainPort=PORT     AMQP without TLS, for Event Hubs SDKs with UseDevelopmentEmulator=true (off)
          EventLog:Retention=D.HH:MM:SS
                                     how long events are kept, 1 to 7 days (1.00:00:00)
          Events:TwinChanges=false   no events of twin changes; so for Events:Lifecycle and Events:ConnectionState (true)
          Hub:MaxConnections=N       device connections at once (80 % of the open-file limit)
          Hub:MaxHttpsConnections=N  connections to the HTTPS port at once, devices not counted (10 % of that limit)
          Files:AzureConnectionString=DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…
                                     devices upload files there (the hub's own store)
          Storage:ConnectionString=Host=…;Database=…;Username=…;Password=…
                                     PostgreSQL: this process is a silo of a cluster then, and its data folder holds nothing durable
          Storage:Documents:AzureConnectionString=AccountName=…;AccountKey=…
                                     Azure Blob Storage for states of grains that nothing queries (the database)
          Storage:Documents:Container=NAME
                                     its container, which no other cluster uses (muster-documents, after the cluster's id)
          Upstream:ConnectionString=HostName=…;SharedAccessKeyName=…;SharedAccessKey=…
                                     an IoT hub that this one stands on (none)
          Security:Folder=DIR        secrets that the cluster's processes share, or hold equal copies of (the data folder)
          Cluster:SiloName=NAME      stable, unique in the cluster (silo-1; the machine's name in a cluster)
          Cluster:ClusterId=NAME     tells clusters on one database apart (muster)
          Cluster:AdvertisedAddress=ADDRESS
                                     where other silos and gateways dial this one (the bound address)
          Cluster:Tls=true|false     mutual TLS between silos, and with gateways (true in a cluster)
          Hub:DrainTime=00:00:20     over how long a stopping silo closes its sessions (0; 20 s in a cluster)
          CloudToDevice:TimeToLive=01:00:00
                                     how long a message waits for its device at most (1 hour)
          Logging:LogLevel:Muster=Information

        When everything answers, DIR/connection.json says how to connect. Ctrl-C stops cleanly, a second one at once.
        Exit codes: 0 stopped, 2 usage, 3 data folder or database, 4 port in use, 5 missing prerequisite, 6 ended because the
        cluster declared this silo dead, 1 anything else.

        """;

    internal static SiloOption MakeSecrets { get; } =
        new("--make-secrets", "DIR", SettingKeys.SecurityFolder, "write what the processes of a cluster share, for --host NAME, and end");

    internal static IReadOnlyList<SiloOption> All { get; } =
    [
        new("--data", "DIR", SettingKeys.DataFolder, "folder for everything durable (./data)"),
        new("--devices", "N", SettingKeys.Devices, "simulated devices to connect, 0 for none (100)"),
        new("--simulator", "OPTIONS", SettingKeys.SimulatorOptions, "how those devices behave, such as \"--update-speed 20 --update-faults install:2%\""),
        new("--bind", "ADDRESS", SettingKeys.Bind, "IP address to listen on (127.0.0.1)"),
        new("--host", "NAME", SettingKeys.HostName, "name that devices and services dial (localhost, or the address)"),
        new("--https-port", "PORT", SettingKeys.HttpsPort, "REST, devices over WebSocket (443; 8443 where 443 may not be bound)"),
        new("--mqtt-port", "PORT", SettingKeys.MqttPort, "device MQTT over TLS (8883)"),
        new("--amqp-port", "PORT", SettingKeys.AmqpPort, "AMQP over TLS: devices, services, readers of events (5671)"),
        new("--http-port", "PORT", SettingKeys.HttpPort, "plain HTTP for update agents without our authority (off)"),
        new("--silo-port", "PORT", SettingKeys.SiloPort, "Orleans, silo to silo (11111)"),
        new("--gateway-port", "PORT", SettingKeys.GatewayPort, "Orleans, grain clients (30000)"),
        MakeSecrets,
        new("--set", "Section:Key=value", null, "any other setting; repeat it for more"),
    ];

    internal static SiloOption? Find(string name) => All.FirstOrDefault(option => option.Name == name);

    internal static string HelpText()
    {
        var text = new StringBuilder(Usage);
        foreach (var option in All)
        {
            text.Append("  ").Append($"{option.Name} {option.Value}".PadRight(26)).Append(' ').AppendLine(option.Help);
        }

        return text.Append(Settings).ToString();
    }
}
