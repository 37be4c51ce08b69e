using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Muster.Clustering;
using Orleans.Configuration;

namespace Muster.Simulation.Load;

/// <summary>The <c>orleans</c> part of <c>connection.json</c>.</summary>
internal sealed record ClusterAddress
{
    public required string ClusterId { get; init; }

    public required string ServiceId { get; init; }

    /// <summary>Addresses and ports, separated by commas.</summary>
    public required string Gateway { get; init; }

    /// <exception cref="InvalidDataException">Not a connection.json that this program understands.</exception>
    internal static ClusterAddress Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.GetProperty("orleans").Deserialize<ClusterAddress>(JsonSerializerOptions.Web)
                ?? throw new InvalidDataException("it has no orleans");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException(exception.Message);
        }
    }

    /// <param name="securityFolder">The cluster's certificates; null for a hub without TLS between its parts.</param>
    internal IHost BuildClient(string? securityFolder)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering([.. Gateway.Split(',').Select(gateway => IPEndPoint.Parse(gateway.Trim()))]);
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (ClusterId, ServiceId));
            if (securityFolder is not null)
            {
                client.UseClusterTls(securityFolder);
            }
        });
        return builder.Build();
    }
}
