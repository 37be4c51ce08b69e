using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Muster.Devices;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>Who a client is, by its token: the device in one registration, and the key that was accepted.</summary>
internal sealed record MenderClaims(DeviceKey Device, long Generation, string KeyFingerprint);

/// <summary>The tokens that clients act by: JSON Web Tokens (RFC 7519), HMAC-SHA256 under a key of their own, that every silo knows. Thread-safe.</summary>
internal sealed class MenderTokens(AgentSecrets secrets, IOptions<MenderOptions> options, TimeProvider clock)
{
    private const int MaxLength = 2048;
    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    internal string Make(MenderClaims claims)
    {
        var now = clock.GetUtcNow();
        var payload = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("iss", "Muster");
            json.WriteString("sub", claims.Device.DeviceId);
            json.WriteString("generation", claims.Generation.ToString(CultureInfo.InvariantCulture));
            json.WriteString("key", claims.KeyFingerprint);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + options.Value.TokenLifetime).ToUnixTimeSeconds());
            json.WriteBoolean("mender.device", true);
            json.WriteEndObject();
        }

        var signed = $"{Header}.{Base64Url.EncodeToString(payload.WrittenSpan)}";
        return $"{signed}.{Base64Url.EncodeToString(Sign(signed))}";
    }

    /// <summary>Null if it was not made here, or its time is over.</summary>
    internal MenderClaims? Read(string token)
    {
        if (token.Length > MaxLength || token.Split('.') is not [var header, var payload, var signature] || header != Header || !IsSignature(signature, $"{header}.{payload}"))
        {
            return null;
        }

        using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
        var claims = json.RootElement;
        return claims.GetProperty("exp").GetInt64() > clock.GetUtcNow().ToUnixTimeSeconds()
            && DeviceKey.TryCreate(claims.GetProperty("sub").GetString(), null, out var device)
            && long.TryParse(claims.GetProperty("generation").GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? new MenderClaims(device, generation, claims.GetProperty("key").GetString()!)
            : null;
    }

    private bool IsSignature(string said, string signed)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return said.Length == Base64Url.GetEncodedLength(given.Length)
            && Base64Url.DecodeFromChars(said, given, out _, out var length) == OperationStatus.Done && length == given.Length
            && CryptographicOperations.FixedTimeEquals(given, Sign(signed));
    }

    private byte[] Sign(string signed) => HMACSHA256.HashData(secrets.MenderKey, Encoding.ASCII.GetBytes(signed));
}
