using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Query;

/// <summary>
/// Where the next page begins. As text it is opaque and bound to the query's text by a hash: not a secret, since it can only skip rows of a
/// query that its bearer may ask anyway, but a mangled or foreign one is recognised.
/// </summary>
/// <param name="Returned">Items on the pages before, for TOP.</param>
/// <param name="After">The row key (or group number) behind which to go on.</param>
public readonly record struct QueryContinuation(long Returned, long After)
{
    private const byte Layout = 1;
    private const int PayloadLength = 17;
    private const int HashLength = 12;

    public static QueryContinuation Start => default;

    /// <summary>The text for the caller.</summary>
    public string ToText(TwinQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        Span<byte> bytes = stackalloc byte[PayloadLength + HashLength];
        bytes[0] = Layout;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Returned);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], After);
        Hash(bytes[..PayloadLength], query.Text, bytes[PayloadLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads what <see cref="ToText"/> made; null is the start.</summary>
    /// <exception cref="QueryException">It was made for another query, or by nobody.</exception>
    public static QueryContinuation Parse(string? text, TwinQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (text is null)
        {
            return Start;
        }

        Span<byte> bytes = stackalloc byte[PayloadLength + HashLength];
        Span<byte> hash = stackalloc byte[HashLength];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length)
            || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done || length != bytes.Length || bytes[0] != Layout)
        {
            throw Refused();
        }

        Hash(bytes[..PayloadLength], query.Text, hash);
        var (returned, after) = (BinaryPrimitives.ReadInt64BigEndian(bytes[1..]), BinaryPrimitives.ReadInt64BigEndian(bytes[9..]));
        return hash.SequenceEqual(bytes[PayloadLength..]) && returned >= 0 && after >= 0 ? new(returned, after) : throw Refused();
    }

    private static QueryException Refused() => new("The continuation token does not belong to this query.", -1);

    private static void Hash(ReadOnlySpan<byte> payload, string query, Span<byte> to)
    {
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. payload, .. Encoding.UTF8.GetBytes(query)], full);
        full[..HashLength].CopyTo(to);
    }
}
