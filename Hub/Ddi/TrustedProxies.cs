using System.Collections.Frozen;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Muster.Ddi;

/// <summary>What a proxy that ends TLS says of a request; of anybody else it is not heard.</summary>
internal sealed class TrustedProxies(IOptions<DdiOptions> options)
{
    private const int MaxAuthorities = 10;

    private readonly FrozenSet<IPAddress> proxies =
        DdiOptions.Listed(options.Value.TrustedProxies).Select(proxy => Plain(IPAddress.Parse(proxy))).ToFrozenSet();

    private readonly FrozenSet<string> authorities = DdiOptions.Listed(options.Value.TrustedAuthorities).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Scheme and host as the agent used them.</summary>
    internal string OriginOf(HttpRequest request)
    {
        var (scheme, host) = (request.Scheme, request.Host.ToUriComponent());
        if (IsBehindProxy(request))
        {
            scheme = First(request, "X-Forwarded-Proto") is "http" or "https" ? First(request, "X-Forwarded-Proto") : scheme;
            host = First(request, "X-Forwarded-Host") is { Length: > 0 and <= 255 } said ? said : host;
        }

        return $"{scheme}://{host}";
    }

    /// <summary>True if a proxy has seen the device's certificate, of an authority that is trusted.</summary>
    internal bool Vouches(HttpRequest request, string controllerId)
    {
        if (authorities.Count == 0 || !IsBehindProxy(request) || request.Headers["X-Controller-Id"] != controllerId)
        {
            return false;
        }

        for (var i = -1; i < MaxAuthorities; i++)
        {
            var name = i < 0 ? "X-Authority" : $"X-Authority-{i}";
            if (Array.Exists(DdiOptions.Listed(request.Headers[name].ToString()), authorities.Contains))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsBehindProxy(HttpRequest request) =>
        proxies.Count > 0 && request.HttpContext.Connection.RemoteIpAddress is { } peer && proxies.Contains(Plain(peer));

    private static string First(HttpRequest request, string header) => request.Headers[header].ToString().Split(',')[0].Trim();

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
