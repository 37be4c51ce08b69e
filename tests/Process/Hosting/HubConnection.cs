using System.Text.Json;

namespace Muster.Hosting;

/// <summary>What these tests read of <c>connection.json</c>.</summary>
internal sealed record HubConnection(
    string HostName,
    int MqttPort,
    int HttpsPort,
    string CaCertificate,
    string ServiceConnectionString,
    int Pid,
    int? SimulatorPid,
    OrleansConnection Orleans)
{
    /// <summary>The key of policy iothubowner, base64.</summary>
    internal string OwnerKey => ServiceConnectionString[(ServiceConnectionString.LastIndexOf("SharedAccessKey=", StringComparison.Ordinal) + 16)..];

    internal static HubConnection Read(string file) =>
        JsonSerializer.Deserialize<HubConnection>(File.ReadAllBytes(file), JsonSerializerOptions.Web) ?? throw new InvalidDataException($"{file} is null.");
}

internal sealed record OrleansConnection(string ClusterId, string ServiceId, string Gateway);
