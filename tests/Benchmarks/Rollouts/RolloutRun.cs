namespace Muster.Benchmarks.Rollouts;

/// <summary>How one rollout went.</summary>
internal sealed record RolloutRun(int Devices, double StartSeconds, double Seconds, double CpuSeconds, long Messages, double CommitsPerDevice)
{
    /// <summary>Of the way back; 0 where there was none.</summary>
    internal double BackSeconds { get; init; }

    internal int Cap { get; init; }

    internal int SiteCap { get; init; }

    internal int MostInFlight { get; init; }

    internal int MostOfSite { get; init; }

    internal double PerSecond => Devices / Seconds;

    internal double CpuPerDevice => CpuSeconds / Devices;

    internal double MessagesPerSecond => Messages / Seconds;
}
