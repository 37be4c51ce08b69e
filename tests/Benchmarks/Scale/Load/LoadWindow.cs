namespace Muster.Benchmarks.Scale.Load;

/// <summary>What a window of load came to; latencies in milliseconds.</summary>
internal sealed record LoadWindow(long Count, double Seconds, double P50, double P99, double Max)
{
    internal double Rate => Count / Seconds;
}
