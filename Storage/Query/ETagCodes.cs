using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Muster.Devices;

namespace Muster.Storage.Query;

/// <summary>The numbers that etags are made of: the way back from <see cref="ETags"/>.</summary>
internal static class ETagCodes
{
    public static long? TwinVersion(string etag)
    {
        Span<byte> bytes = stackalloc byte[9];
        return Convert.TryFromBase64String(etag, bytes, out var length) && length == 8
            && BinaryPrimitives.ReadInt64BigEndian(bytes) is var version && ETags.Twin(version) == etag
            ? version
            : null;
    }

    public static long? IdentityNumber(string etag)
    {
        Span<byte> bytes = stackalloc byte[32];
        return Convert.TryFromBase64String(etag, bytes, out var length)
            && Utf8Parser.TryParse(bytes[..length], out long number, out var read) && read == length
            && Convert.ToBase64String(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture))) == etag
            ? number
            : null;
    }
}
