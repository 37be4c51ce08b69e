namespace Muster.Benchmarks.Scale.Load;

/// <summary>Processor seconds that went by since it was made: of silos, of the PostgreSQL server with all below it, and of this process.</summary>
internal sealed class CpuWatch(IReadOnlyList<int> silos, int postgres)
{
    private readonly double silosBefore = silos.Sum(ProcessUsage.Seconds);
    private readonly double postgresBefore = ProcessUsage.TreeSeconds(postgres);
    private readonly TimeSpan ownBefore = Environment.CpuUsage.TotalTime;

    internal CpuSpent Read() => new(
        silos.Sum(ProcessUsage.Seconds) - silosBefore,
        ProcessUsage.TreeSeconds(postgres) - postgresBefore,
        (Environment.CpuUsage.TotalTime - ownBefore).TotalSeconds);
}

/// <param name="Silos">Seconds.</param>
/// <param name="Postgres">Seconds.</param>
/// <param name="Own">Seconds of this process: the load, and what runs beside it.</param>
internal sealed record CpuSpent(double Silos, double Postgres, double Own)
{
    internal double Served => Silos + Postgres;
}
