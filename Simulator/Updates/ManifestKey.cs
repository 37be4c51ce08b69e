using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>The public key (ECDSA P-256) that a device trusts to sign manifests.</summary>
internal sealed class ManifestKey : IDisposable
{
    private readonly ECDsa key;

    /// <param name="pem">A public key.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal ManifestKey(string pem)
    {
        key = ECDsa.Create();
        key.ImportFromPem(pem);
    }

    /// <summary>Whether the signature is this key's, and speaks of this manifest.</summary>
    /// <param name="manifest">Byte for byte as it came.</param>
    /// <param name="signature">A compact JWS, ES256, whose payload has the manifest's <c>sha256</c> in base64; null if none came.</param>
    internal bool Signed(string manifest, string? signature)
    {
        if (signature?.Split('.') is not [var header, var payload, var signed])
        {
            return false;
        }

        try
        {
            return Member(header, "alg") == "ES256"
                && Member(payload, "sha256") == Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(manifest)))
                && key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signed), HashAlgorithmName.SHA256);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return false;
        }
    }

    public void Dispose() => key.Dispose();

    private static string? Member(string part, string name) =>
        JsonNode.Parse(Base64Url.DecodeFromChars(part)) is JsonObject json && json[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text : null;
}
