using System.Security.Cryptography;
using System.Text;

namespace Muster.Devices;

/// <summary>Tokens as a client makes them; the hub's own code for them is what is on trial here.</summary>
internal static class SasToken
{
    // Well beyond the tests' life, and without asking the clock.
    private const long Expiry = 4_000_000_000;

    internal static string Create(string resource, string key, string? policy = null)
    {
        var encoded = Uri.EscapeDataString(resource);
        var signature = HMACSHA256.HashData(Convert.FromBase64String(key), Encoding.UTF8.GetBytes($"{encoded}\n{Expiry}"));
        var token = $"SharedAccessSignature sr={encoded}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={Expiry}";
        return policy is null ? token : $"{token}&skn={policy}";
    }
}
