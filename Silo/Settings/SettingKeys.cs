namespace Muster.Hosting;

/// <summary>Configuration keys that the host reads before anything else starts.</summary>
internal static class SettingKeys
{
    internal const string Roles = "Roles";
    internal const string DataFolder = "Storage:DataFolder";
    internal const string Bind = "Hub:Bind";
    internal const string HostName = "Hub:HostName";
    internal const string HostNames = "Hub:HostNames";
    internal const string HttpsPort = "Hub:HttpsPort";
    internal const string MqttPort = "Hub:MqttPort";
    internal const string AmqpPort = "Hub:AmqpPort";
    internal const string AmqpPlainPort = "Hub:AmqpPlainPort";
    internal const string HttpPort = "Hub:HttpPort";
    internal const string SiloPort = "Cluster:SiloPort";
    internal const string GatewayPort = "Cluster:GatewayPort";
    internal const string SiloName = "Cluster:SiloName";
    internal const string ClusterId = "Cluster:ClusterId";
    internal const string AdvertisedAddress = "Cluster:AdvertisedAddress";
    internal const string Tls = "Cluster:Tls";
    internal const string DrainTime = "Hub:DrainTime";
    internal const string ConnectionString = "Storage:ConnectionString";
    internal const string DocumentsConnectionString = "Storage:Documents:AzureConnectionString";
    internal const string DocumentsContainer = "Storage:Documents:Container";
    internal const string SecurityFolder = "Security:Folder";
    internal const string Devices = "Simulator:Devices";
    internal const string SimulatorOptions = "Simulator:Options";
    internal const string SimulatorPath = "Simulator:Path";
}
