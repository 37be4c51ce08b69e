using System.Text.Json;
using Muster.Devices;

namespace Muster.Mender;

/// <summary>What a client shows when it asks for a token, read but not judged.</summary>
internal sealed record AuthRequest
{
    internal required DeviceKey Device { get; init; }

    internal required MenderKey Key { get; init; }

    internal required string TenantToken { get; init; }

    /// <summary>Null, with a problem, if it cannot be understood.</summary>
    /// <param name="body">The body as it came.</param>
    /// <param name="idAttribute">Of the identity data, the attribute that is the device's id.</param>
    /// <param name="problem">Why not.</param>
    internal static AuthRequest? Parse(ReadOnlyMemory<byte> body, string idAttribute, out string problem)
    {
        problem = "The body must have id_data, tenant_token and pubkey.";
        try
        {
            using var json = JsonDocument.Parse(body);
            if (Text(json.RootElement, "id_data") is not { } data || Text(json.RootElement, "pubkey") is not { } pem)
            {
                return null;
            }

            if (MenderKey.Read(pem) is not { } key)
            {
                problem = "pubkey must be PEM of an RSA key of 2048 to 8192 bits, or of an ECDSA key.";
                return null;
            }

            if (!TryReadId(data, idAttribute, out var device))
            {
                problem = "id_data must be a JSON object with an attribute that can be made a device id.";
                return null;
            }

            return new AuthRequest { Device = device, Key = key, TenantToken = Text(json.RootElement, "tenant_token") ?? "" };
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // The second: half of a surrogate pair, or bytes that are not UTF-8, of which no text can be made.
            return null;
        }
    }

    private static bool TryReadId(string data, string idAttribute, out DeviceKey device)
    {
        using var json = JsonDocument.Parse(data);
        var identity = json.RootElement;
        device = default;
        return First(identity, idAttribute) is { } value && DeviceKey.TryCreate(Sanitised(value), null, out device);
    }

    private static string? First(JsonElement identity, string idAttribute)
    {
        if (identity.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var attribute = identity.TryGetProperty(idAttribute, out var wanted) ? wanted : identity.EnumerateObject().FirstOrDefault().Value;
        return attribute.ValueKind switch
        {
            JsonValueKind.String => attribute.GetString(),
            JsonValueKind.Array when attribute.GetArrayLength() > 0 && attribute[0].ValueKind == JsonValueKind.String => attribute[0].GetString(),
            _ => null,
        };
    }

    private static string Sanitised(string value) => string.Create(value.Trim().Length, value.Trim(), static (id, text) =>
    {
        for (var i = 0; i < id.Length; i++)
        {
            id[i] = text[i] != ' ' && DeviceKey.IsValidId(text.AsSpan(i, 1).ToString()) ? text[i] : '-';
        }
    });

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.String ? child.GetString() : null;
}
