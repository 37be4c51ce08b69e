using System.Text.Json;

namespace Muster.Gateway;

/// <summary>The <c>orleans</c> part of a hub's <c>connection.json</c>.</summary>
internal static class ConnectionFile
{
    internal static void Complete(ClusterClientOptions cluster, SecurityOptions security, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var orleans = document.RootElement.GetProperty("orleans");
            cluster.Gateway ??= orleans.GetProperty("gateway").GetString();
            cluster.ClusterId ??= orleans.GetProperty("clusterId").GetString();
            cluster.ServiceId ??= orleans.GetProperty("serviceId").GetString();
            cluster.Tls ??= orleans.TryGetProperty("tls", out var tls) ? tls.GetBoolean() : null;
            if (cluster.Tls == true && security.Folder is null && document.RootElement.TryGetProperty("caCertificate", out var authority))
            {
                // A hub on this machine: what it trusts lies beside what it shows, or, where several nodes share it, in a folder there.
                var folder = Path.GetDirectoryName(authority.GetString()) ?? "";
                var shared = Path.Combine(folder, "secrets");
                security.Folder = Directory.Exists(shared) ? shared : folder;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new GatewaySetupException($"{path} cannot be read: {fault.Message}");
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new GatewaySetupException($"{path} is no connection.json of a hub");
        }
    }
}
