using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Access;

/// <summary>
/// A shared access signature as it was presented: <c>SharedAccessSignature sr=…&amp;sig=…&amp;se=…[&amp;skn=…]</c>, fields in any order. Parsing proves
/// nothing; ask <see cref="IsSignedBy(ReadOnlySpan{char})"/>, <see cref="IsExpired"/>, the host and <see cref="Covers"/>.
/// </summary>
public sealed class SasToken
{
    /// <summary>How far a device's clock may be behind the silo's.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private const string Scheme = "SharedAccessSignature ";
    private const int MaxLength = 4096;
    private const long LastSecond = 253402300799;
    private static readonly ImmutableArray<string> FieldNames = ["sr", "sig", "se", "skn"];
    private readonly string signedText;
    private readonly byte[] signature;

    private SasToken(string signedText, byte[] signature, long expirySeconds, string? policyName, string resource)
    {
        this.signedText = signedText;
        this.signature = signature;
        ExpirySeconds = expirySeconds;
        PolicyName = policyName;
        IsForEventHubs = resource.StartsWith("sb://", StringComparison.OrdinalIgnoreCase);
        resource = IsForEventHubs ? resource[5..] : resource;
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        Host = slash < 0 ? resource : resource[..slash];
        Path = slash < 0 ? "" : resource[slash..].TrimEnd('/');
    }

    /// <summary>Seconds since 1970 UTC; any 64-bit number, since SDKs make tokens that are good for millennia.</summary>
    public long ExpirySeconds { get; }

    /// <summary>UTC; <see cref="DateTimeOffset.MaxValue"/> where <see cref="ExpirySeconds"/> is beyond it.</summary>
    public DateTimeOffset ExpiresAt => ExpirySeconds > LastSecond ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeSeconds(ExpirySeconds);

    /// <summary>The policy whose key signed; null for the identity's own.</summary>
    public string? PolicyName { get; }

    /// <summary>The resource is a URI of the Event Hubs-compatible endpoint, <c>sb://…</c>.</summary>
    public bool IsForEventHubs { get; }

    /// <summary>Host of the decoded resource, with its port if it has one.</summary>
    public string Host { get; }

    /// <summary>Decoded path of the resource, e.g. <c>/devices/d1</c>; empty for the whole host.</summary>
    public string Path { get; }

    /// <summary>False for a text of another form, with a field twice or missing, or longer than 4096 characters.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SasToken? token)
    {
        token = null;
        if (text is null || text.Length > MaxLength || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var fields = new string?[4];
        foreach (var range in text.AsSpan(Scheme.Length).Split('&'))
        {
            var field = text.AsSpan(Scheme.Length)[range].Trim();
            var equals = field.IndexOf('=');
            if (equals < 0)
            {
                return false;
            }

            var known = FieldNames.IndexOf(field[..equals].ToString());
            if (known < 0)
            {
                continue;
            }

            if (fields[known] is not null)
            {
                return false;
            }

            fields[known] = field[(equals + 1)..].ToString();
        }

        return fields is [{ } sr, { } sig, { } se, var skn] && TryCreate(sr, sig, se, skn, out token);
    }

    /// <summary>True if <paramref name="key"/>, in base64, made the signature; compared in constant time. An empty key never signs.</summary>
    public bool IsSignedBy(ReadOnlySpan<char> key)
    {
        Span<byte> keyBytes = stackalloc byte[96];
        if (key.IsEmpty || key.Length > 128 || !Convert.TryFromBase64Chars(key, keyBytes, out var length))
        {
            return false;
        }

        var holds = IsSignedBy(keyBytes[..length]);
        CryptographicOperations.ZeroMemory(keyBytes);
        return holds;
    }

    /// <summary>True if <paramref name="key"/>, decoded, made the signature; compared in constant time.</summary>
    public bool IsSignedBy(ReadOnlySpan<byte> key)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signedText), expected);
        return !key.IsEmpty && CryptographicOperations.FixedTimeEquals(expected, signature);
    }

    /// <summary>True from <see cref="ClockSkew"/> behind the expiry on.</summary>
    public bool IsExpired(DateTimeOffset now) => ExpirySeconds <= (now - ClockSkew).ToUnixTimeSeconds();

    /// <summary>True if the resource is the host itself, or what <paramref name="ids"/> name, or above it, segment by segment.</summary>
    /// <param name="ids">The segments of the resource's path in turn, decoded: <c>devices</c>, <c>d1</c>, <c>modules</c>, <c>m1</c>.</param>
    public bool Covers(params ReadOnlySpan<string> ids)
    {
        var segments = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length > ids.Length)
        {
            return false;
        }

        for (var i = 0; i < segments.Length; i++)
        {
            if (!SasSegment.Names(segments[i], ids[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryCreate(string sr, string sig, string se, string? skn, out SasToken? token)
    {
        token = null;
        var signature = new byte[HMACSHA256.HashSizeInBytes];
        if (!long.TryParse(se, NumberStyles.None, CultureInfo.InvariantCulture, out var expiry)
            || !Convert.TryFromBase64String(Uri.UnescapeDataString(sig), signature, out var length)
            || length != signature.Length)
        {
            return false;
        }

        var policy = string.IsNullOrEmpty(skn) ? null : Uri.UnescapeDataString(skn);
        token = new SasToken($"{sr}\n{se}", signature, expiry, policy, Uri.UnescapeDataString(sr));
        return true;
    }
}
