using System.Text;

namespace Muster.Benchmarks.Load;

/// <summary>The twin of all figures: 16 properties, about 1 KB of JSON, and a patch of two of them.</summary>
internal static class TwinSample
{
    internal const int Properties = 16;

    internal static byte[] Whole { get; } = Encoding.UTF8.GetBytes(
        "{" + string.Join(',', Enumerable.Range(0, Properties).Select(i => $"\"property{i:D2}\":\"{new string((char)('a' + i), 46)}\"")) + "}");

    internal static byte[] Patch(int value) => Encoding.UTF8.GetBytes(
        $"{{\"property03\":\"{value:D46}\",\"property11\":\"{value ^ 0x55:D46}\"}}");
}
