using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Routing;

/// <summary>
/// The header <c>Muster-Signature: t=&lt;unix&gt;,v1=&lt;hex&gt;</c>: HMAC-SHA256, under the UTF-8 of the secret, of the time in decimal, a dot and the
/// body. The time is signed too, so that a receiver can refuse what was recorded and is sent again later.
/// </summary>
internal static class WebhookSignature
{
    internal const string Header = "Muster-Signature";

    internal static string Of(ReadOnlySpan<byte> body, ReadOnlySpan<byte> secret, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hash.AppendData(Encoding.ASCII.GetBytes(time + "."));
        hash.AppendData(body);
        return $"t={time},v1={Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
