using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Muster.Access;

namespace Muster.Releases;

/// <summary>What a link turned out to be.</summary>
internal enum LinkVerdict
{
    /// <summary>It holds still.</summary>
    Valid = 0,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>It was not made here, or for something else.</summary>
    Forged,
}

/// <summary>Who may download what, by a link that was verified.</summary>
internal sealed record DownloadGrant(string Sha256, string FileName, string ReleaseId, string DeviceId);

/// <summary>
/// Signs links to artifacts, by HMAC-SHA256 under a key of its own that comes from the hub's master key, so that every silo accepts what another one signed:
/// <c>/artifacts/{sha256}/{name}?rel=…&amp;dev=…&amp;se=…&amp;sig=…</c> to download, <c>/artifacts/uploads/{id}.{se}.{sig}</c> to upload. Thread-safe.
/// </summary>
internal sealed class ArtifactLinks(IKeyDerivation keys, HubAddress address, TimeProvider clock) : IArtifactLinks
{
    private readonly byte[] key = keys.Derive("artifact-links");

    public ArtifactUrls Make(ReleaseArtifact artifact, string deviceId, DateTimeOffset expires)
    {
        var grant = new DownloadGrant(artifact.Sha256, artifact.Name, artifact.ReleaseId, deviceId);
        var expiry = Text(expires);
        var path = $"/artifacts/{artifact.Sha256}/{artifact.Name}?rel={Uri.EscapeDataString(artifact.ReleaseId)}&dev={Uri.EscapeDataString(deviceId)}"
            + $"&se={expiry}&sig={Sign(Download(grant, expiry))}";
        return new ArtifactUrls($"https://{address.Authority}{path}", address.HttpAuthority is { } http ? $"http://{http}{path}" : null);
    }

    public string MakeUpload(string uploadId, DateTimeOffset expires)
    {
        var expiry = Text(expires);
        return $"https://{address.Authority}/artifacts/uploads/{uploadId}.{expiry}.{Sign(Upload(uploadId, expiry))}";
    }

    internal LinkVerdict Verify(string sha256, string fileName, IQueryCollection query, out DownloadGrant grant)
    {
        var expiry = query["se"].ToString();
        grant = new DownloadGrant(sha256, fileName, query["rel"].ToString(), query["dev"].ToString());
        return Judge(Download(grant, expiry), expiry, query["sig"].ToString());
    }

    internal LinkVerdict VerifyUpload(string token, out string uploadId)
    {
        var parts = token.Split('.');
        uploadId = parts[0];
        return parts.Length == 3 ? Judge(Upload(uploadId, parts[1]), parts[1], parts[2]) : LinkVerdict.Forged;
    }

    /// <summary>No clock skew is excused: one clock made the link and reads it.</summary>
    private LinkVerdict Judge(string signed, string expiry, string signature)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var holds = signature.Length == Base64Url.GetEncodedLength(given.Length)
            && Base64Url.DecodeFromChars(signature, given, out _, out var length) == OperationStatus.Done && length == given.Length
            && CryptographicOperations.FixedTimeEquals(given, HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
        return !holds ? LinkVerdict.Forged
            : clock.GetUtcNow() < DateTimeOffset.FromUnixTimeSeconds(long.Parse(expiry, CultureInfo.InvariantCulture)) ? LinkVerdict.Valid : LinkVerdict.Expired;
    }

    private string Sign(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    private static string Text(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    // Neither a name nor an id of ours holds a line's end, but what a forger sends may: its signature does not hold then.
    private static string Download(DownloadGrant grant, string expiry) =>
        $"download\n{grant.Sha256}\n{grant.FileName}\n{grant.ReleaseId}\n{expiry}\n{grant.DeviceId}";

    private static string Upload(string uploadId, string expiry) => $"upload\n{uploadId}\n{expiry}";
}
