using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Muster.Access;
using Muster.Devices;
using Muster.Mqtt;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>What an agent's credentials are good for.</summary>
internal enum DdiStanding
{
    None = 0,

    /// <summary>They are the device's own.</summary>
    Device,

    /// <summary>They may act for any device, for one too that is not registered.</summary>
    Gateway,
}

/// <summary>Judges how an agent proves itself: by target token, gateway token, or certificate, its own or as a trusted proxy has seen it.</summary>
internal sealed class DdiCredentials(IOptions<DdiOptions> options, AgentSecrets secrets, TrustedProxies proxies, Authentication authentication)
{
    private const string Target = "TargetToken ";
    private const string Gateway = "GatewayToken ";

    private readonly string gatewayToken = options.Value.GatewayToken ?? secrets.DdiGatewayToken;

    /// <param name="key">Whom the path names.</param>
    /// <param name="row">Its row; null if it is not registered.</param>
    /// <param name="request">The request.</param>
    internal async ValueTask<DdiStanding> JudgeAsync(DeviceKey key, DeviceState? row, HttpRequest request)
    {
        var shown = request.Headers[HeaderNames.Authorization].ToString();
        if (shown.StartsWith(Gateway, StringComparison.OrdinalIgnoreCase))
        {
            return gatewayToken.Length > 0 && IsSame(shown[Gateway.Length..], gatewayToken) ? DdiStanding.Gateway : DdiStanding.None;
        }

        if (shown.StartsWith(Target, StringComparison.OrdinalIgnoreCase))
        {
            return options.Value.TargetTokens && row is not null
                && IsSame(shown[Target.Length..], secrets.DdiTargetToken(key.DeviceId, row.Identity.GenerationId)) ? DdiStanding.Device : DdiStanding.None;
        }

        if (shown.Length > 0)
        {
            return DdiStanding.None;
        }

        return proxies.Vouches(request, key.DeviceId) ? DdiStanding.Gateway
            : request.HttpContext.Connection.ClientCertificate is { } leaf && row is not null
                && await authentication.CheckAsync(key, DeviceCredentials.Certificate.From(leaf)) is DeviceAccess.Authenticated ? DdiStanding.Device
            : DdiStanding.None;
    }

    private static bool IsSame(string said, string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said.Trim()), Encoding.UTF8.GetBytes(token));
}
