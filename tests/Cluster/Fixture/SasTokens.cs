using System.Security.Cryptography;
using System.Text;

namespace Muster.Fixture;

/// <summary>Shared access signatures as a client makes them.</summary>
internal static class SasTokens
{
    /// <param name="resource">Unencoded, such as <c>host/devices/d1</c>.</param>
    /// <param name="key">Base64.</param>
    /// <param name="expiry">Seconds since 1970, UTC.</param>
    /// <param name="policy">The policy whose key it is; null for a device's own.</param>
    internal static string Sign(string resource, string key, long expiry, string? policy = null)
    {
        var scope = Uri.EscapeDataString(resource);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(key), Encoding.UTF8.GetBytes($"{scope}\n{expiry}")));
        var token = $"SharedAccessSignature sr={scope}&sig={Uri.EscapeDataString(signature)}&se={expiry}";
        return policy is null ? token : $"{token}&skn={policy}";
    }
}
