using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Muster.Access;

namespace Muster.Files;

/// <summary>What a link to a blob turned out to be.</summary>
internal enum BlobSasVerdict
{
    /// <summary>There is none.</summary>
    Missing = 0,

    /// <summary>It is for this blob and holds still.</summary>
    Valid,

    /// <summary>It is for this blob, but its time is over.</summary>
    Expired,

    /// <summary>It was not made here, or for another blob.</summary>
    Forged,
}

/// <summary>
/// Signs links to the hub's own blobs: <c>?sv=…&amp;sr=b&amp;sp=rw&amp;se=…&amp;sig=…</c>, by HMAC-SHA256 under a key of its own that comes from the hub's
/// master key, so that every silo accepts what another one signed. Such a link opens one blob, to be written and read. Thread-safe.
/// </summary>
internal sealed class BlobSas(IKeyDerivation keys, TimeProvider clock)
{
    private const string Version = "2020-10-02";
    private const string Resource = "b";
    private const string Permissions = "rw";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private readonly byte[] key = keys.Derive("blob links");

    /// <summary>With the question mark; holds until <paramref name="expiresAt"/>, to the second.</summary>
    internal string Make(string blobName, DateTimeOffset expiresAt)
    {
        var expiry = expiresAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return $"?sv={Version}&sr={Resource}&sp={Permissions}&se={expiry.Replace(":", "%3A", StringComparison.Ordinal)}&sig={Base64Url.EncodeToString(Sign(blobName, expiry))}";
    }

    /// <summary>No clock skew is excused: one clock made the link and reads it.</summary>
    internal BlobSasVerdict Verify(IQueryCollection query, string blobName)
    {
        var signature = query["sig"].ToString();
        if (signature.Length == 0)
        {
            return BlobSasVerdict.Missing;
        }

        var expiry = query["se"].ToString();
        if (query["sv"] != Version || query["sr"] != Resource || query["sp"] != Permissions || !IsSignature(signature, blobName, expiry))
        {
            return BlobSasVerdict.Forged;
        }

        var expiresAt = DateTimeOffset.ParseExact(expiry, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return clock.GetUtcNow() < expiresAt ? BlobSasVerdict.Valid : BlobSasVerdict.Expired;
    }

    private bool IsSignature(string signature, string blobName, string expiry)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return signature.Length == Base64Url.GetEncodedLength(given.Length)
            && Base64Url.DecodeFromChars(signature, given, out _, out var length) == OperationStatus.Done && length == given.Length
            && CryptographicOperations.FixedTimeEquals(given, Sign(blobName, expiry));
    }

    private byte[] Sign(string blobName, string expiry) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Version}\n{Resource}\n{Permissions}\n{expiry}\n{blobName}"));
}
