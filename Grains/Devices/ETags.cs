using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Muster.Devices;

/// <summary>The etags of twins and identities, in the forms that IoT Hub's have.</summary>
public static class ETags
{
    /// <summary>Base64 of the version as an 8-byte big-endian number: <c>AAAAAAAAAAE=</c>.</summary>
    public static string Twin(long twinVersion)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, twinVersion);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>
    /// Base64 of decimal digits. Generations are clock ticks, so the sum is never that of an earlier generation: an etag that a deleted
    /// identity had never fits its successor.
    /// </summary>
    public static string Identity(IdentityState identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return Convert.ToBase64String(Encoding.ASCII.GetBytes((identity.GenerationId + identity.Version).ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>True if <paramref name="condition"/> (null, <c>*</c>, an etag, any of them quoted or weak) holds for <paramref name="etag"/>.</summary>
    public static bool Matches(string? condition, string etag)
    {
        var wanted = condition.AsSpan().Trim();
        if (wanted.StartsWith("W/", StringComparison.Ordinal))
        {
            wanted = wanted[2..];
        }

        if (wanted.Length >= 2 && wanted[0] == '"' && wanted[^1] == '"')
        {
            wanted = wanted[1..^1];
        }

        return condition is null || wanted is "*" || wanted.SequenceEqual(etag);
    }
}
