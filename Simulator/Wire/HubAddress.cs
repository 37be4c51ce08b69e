using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Muster.Simulation;

/// <summary>What the fleet needs of <c>connection.json</c>.</summary>
internal sealed record HubAddress
{
    public required string HostName { get; init; }

    /// <summary>Null: dial the name.</summary>
    public string? Address { get; init; }

    public required int MqttPort { get; init; }

    public required int HttpsPort { get; init; }

    public required string CaCertificate { get; init; }

    public required string ServiceConnectionString { get; init; }

    internal string Dial => Address ?? HostName;

    internal string Policy => Part("SharedAccessKeyName");

    internal string PolicyKey => Part("SharedAccessKey");

    /// <exception cref="InvalidDataException">Not a connection.json that this program understands, or the hub has no MQTT.</exception>
    internal static HubAddress Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<HubAddress>(json, JsonSerializerOptions.Web) ?? throw new InvalidDataException("it is null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(exception.Message);
        }
    }

    /// <summary>Trust in the hub's own authority and in nothing else.</summary>
    internal X509ChainPolicy TrustPolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(CaCertificate));
        return policy;
    }

    private string Part(string name) =>
        ServiceConnectionString.Split(';').Select(part => part.Split('=', 2)).FirstOrDefault(pair => pair[0] == name) is [_, var value] ? value
            : throw new InvalidDataException($"its serviceConnectionString has no {name}");
}
