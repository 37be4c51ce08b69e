using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;

namespace Muster.Gateway;

/// <summary>Where an Orleans gateway, or several behind one name, can be dialled.</summary>
internal sealed record GatewayAddress(string Host, int Port)
{
    /// <summary>Null if it is not <c>host:port</c>.</summary>
    internal static GatewayAddress? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0 ? new(text[..colon].Trim('[', ']'), port) : null;
    }

    public override string ToString() => $"{Host}:{Port}";
}

/// <summary>
/// The cluster's gateways. Names are looked up anew at every refresh, since a silo that comes back in a container has another address; one that
/// cannot be looked up just now keeps the addresses that it had.
/// </summary>
internal sealed class NamedGateways(ImmutableArray<GatewayAddress> addresses, TimeSpan refresh, Func<string, CancellationToken, Task<IPAddress[]>> lookUp)
    : IGatewayListProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, IPAddress[]> known = new(StringComparer.OrdinalIgnoreCase);

    public TimeSpan MaxStaleness => refresh;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways()
    {
        var found = await Task.WhenAll(addresses.Select(async address =>
            (await AddressesAsync(address.Host)).Select(ip => new IPEndPoint(ip, address.Port).ToGatewayUri())));
        return [.. found.SelectMany(uris => uris).Distinct()];
    }

    private async Task<IPAddress[]> AddressesAsync(string host)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        using var patience = new CancellationTokenSource(Patience);
        try
        {
            if (await lookUp(host, patience.Token) is { Length: > 0 } found)
            {
                known[host] = found;
            }
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException)
        {
        }

        return known.GetValueOrDefault(host, []);
    }
}
