using System.Globalization;

namespace Muster;

/// <summary>Where devices reach the hub's HTTPS, by the name that the silo announces.</summary>
/// <param name="HostName">Without a port.</param>
/// <param name="HttpsPort">1 to 65535.</param>
/// <param name="HttpPort">For agents without our authority; null where there is none.</param>
public sealed record HubAddress(string HostName, int HttpsPort, int? HttpPort = null)
{
    private const int Http = 80;
    private const int Https = 443;

    /// <summary>As it stands in a URL: the port only where it is not 443, an IPv6 address in brackets.</summary>
    public string Authority => With(HttpsPort, Https);

    /// <summary>As <see cref="Authority"/>, for plain HTTP; null where there is none.</summary>
    public string? HttpAuthority => HttpPort is { } port ? With(port, Http) : null;

    private string With(int port, int usual)
    {
        var host = HostName.Contains(':', StringComparison.Ordinal) ? $"[{HostName}]" : HostName;
        return port == usual ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
    }
}
