using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Simulation;

/// <summary>Shared access signatures as a client makes them.</summary>
internal static class SasToken
{
    /// <param name="resource">What the token is for, e.g. <c>host/devices/d1</c>.</param>
    /// <param name="key">Base64.</param>
    /// <param name="expiresAt">To the second.</param>
    /// <param name="policy">The policy whose key it is; null for a device's own.</param>
    internal static string Create(string resource, string key, DateTimeOffset expiresAt, string? policy = null)
    {
        var scope = Uri.EscapeDataString(resource);
        var expiry = expiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Convert.FromBase64String(key), Encoding.UTF8.GetBytes($"{scope}\n{expiry}"));
        var token = $"SharedAccessSignature sr={scope}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={expiry}";
        return policy is null ? token : $"{token}&skn={policy}";
    }
}
