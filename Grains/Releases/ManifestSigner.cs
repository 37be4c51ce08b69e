using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Muster.Releases;

/// <summary>Writes and signs the manifest that devices get. Pure.</summary>
internal static class ManifestSigner
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same text for the same release.</summary>
    internal static string Write(ReleaseManifest release)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            json.WriteStartObject("updateId"u8);
            json.WriteString("name"u8, release.Name);
            json.WriteString("version"u8, release.Version);
            json.WriteEndObject();
            WriteCompatibility(json, release.Compatibility);
            WriteFiles(json, release);
            json.WriteString("createdDateTime"u8, Text(release.PublishedAt));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Bytes of that text in UTF-8.</summary>
    internal static int SizeOf(ReleaseManifest release) => Encoding.UTF8.GetByteCount(Write(release));

    /// <summary>Compact JWS over the text's hash, by ES256; the key's id is the hash of the public key.</summary>
    internal static string Sign(ECDsa key, ReadOnlySpan<byte> sha256)
    {
        var header = $$"""{"alg":"ES256","kid":"{{Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))}}"}""";
        var payload = $$"""{"sha256":"{{Convert.ToBase64String(sha256)}}"}""";
        var signed = $"{Encode(header)}.{Encode(payload)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static void WriteCompatibility(Utf8JsonWriter json, ReleaseCompatibility compatibility)
    {
        string?[] revisions = compatibility.HardwareRevisions.IsEmpty ? [null] : [.. compatibility.HardwareRevisions];
        json.WriteStartArray("compatibility"u8);
        foreach (var (model, revision) in compatibility.Models.SelectMany(_ => revisions, static (model, revision) => (model, revision)))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            if (revision is not null)
            {
                json.WriteString("hwRevision"u8, revision);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFiles(Utf8JsonWriter json, ReleaseManifest release)
    {
        json.WriteStartObject("files"u8);
        foreach (var (file, i) in release.Artifacts.Select(static (file, i) => (file, i)))
        {
            json.WriteStartObject(FileKey(i));
            json.WriteString("fileName"u8, file.Name);
            json.WriteNumber("sizeInBytes"u8, file.Size);
            json.WriteStartObject("hashes"u8);
            json.WriteBase64String("sha256"u8, Convert.FromHexString(file.Sha256));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>What the file of this place is called in the manifest, and among the links beside it.</summary>
    internal static string FileKey(int index) => string.Create(CultureInfo.InvariantCulture, $"f{index}");

    private static string Text(DateTimeOffset? time) => (time ?? default).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
