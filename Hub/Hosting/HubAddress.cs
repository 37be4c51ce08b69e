using System.Globalization;

namespace Muster;

/// <summary>Where devices reach the hub's HTTPS, by the name that the silo announces.</summary>
/// <param name="HostName">Without a port.</param>
/// <param name="HttpsPort">1 to 65535.</param>
public sealed record HubAddress(string HostName, int HttpsPort)
{
    private const int Https = 443;

    /// <summary>As it stands in a URL: the port only where it is not 443, an IPv6 address in brackets.</summary>
    public string Authority
    {
        get
        {
            var host = HostName.Contains(':', StringComparison.Ordinal) ? $"[{HostName}]" : HostName;
            return HttpsPort == Https ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{HttpsPort}");
        }
    }
}
