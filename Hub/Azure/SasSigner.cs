using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Upstream;

/// <summary>Signs as a policy of the upstream hub: tokens for an hour, to be renewed after three quarters of it.</summary>
/// <param name="policy">Its name.</param>
/// <param name="key">The bytes that sign.</param>
/// <param name="clock">For the expiry.</param>
internal sealed class SasSigner(string policy, byte[] key, TimeProvider clock)
{
    /// <summary>After how long a token is renewed.</summary>
    internal static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(45);

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private Signed? last;

    /// <summary>For the hub's own services, whose keys are base64.</summary>
    internal static SasSigner Of(HubConnectionString hub, TimeProvider clock) => new(hub.PolicyName, Convert.FromBase64String(hub.Key), clock);

    /// <summary>For the Event Hubs-compatible endpoint, where the key's text itself signs.</summary>
    internal static SasSigner OfText(string policy, string key, TimeProvider clock) => new(policy, Encoding.UTF8.GetBytes(key), clock);

    /// <summary>A new token.</summary>
    /// <param name="resource">What it is for, not encoded.</param>
    internal string Sign(string resource)
    {
        var scope = Uri.EscapeDataString(resource);
        var expiry = (clock.GetUtcNow() + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{scope}\n{expiry}")));
        return $"SharedAccessSignature sr={scope}&sig={Uri.EscapeDataString(signature)}&se={expiry}&skn={Uri.EscapeDataString(policy)}";
    }

    /// <summary>The last token for the resource, or another when it is time.</summary>
    internal string Current(string resource)
    {
        if (last is { } known && known.Resource == resource && clock.GetUtcNow() < known.RenewAt)
        {
            return known.Token;
        }

        var made = new Signed(resource, Sign(resource), clock.GetUtcNow() + RenewAfter);
        last = made;
        return made.Token;
    }

    private sealed record Signed(string Resource, string Token, DateTimeOffset RenewAt);
}
