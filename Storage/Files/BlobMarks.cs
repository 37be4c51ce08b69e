using System.Security.Cryptography;
using System.Text;

namespace Muster.Storage.Files;

/// <summary>What both stores say of a blob in the same way.</summary>
internal static class BlobMarks
{
    /// <summary>Another one for each write.</summary>
    internal static string NewETag() => $"0x{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}";

    /// <summary>HTTP's times have no fractions.</summary>
    internal static DateTimeOffset Second(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);

    /// <summary>Stands for a list of block ids in hex: two lists with the same one are the same.</summary>
    internal static string OfList(IEnumerable<string> ids) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(',', ids))));
}
