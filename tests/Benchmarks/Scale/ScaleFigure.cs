namespace Muster.Benchmarks.Scale;

/// <summary>Something of "how it scales" that <c>./bench scale</c> measures, in a process of its own.</summary>
internal abstract class ScaleFigure
{
    internal abstract string Name { get; }

    internal abstract string Title { get; }

    internal abstract Task MeasureAsync(ScaleRun run);

    internal static IReadOnlyList<ScaleFigure> All { get; } =
    [
        new Figures.TwinUpdatesPg(),
        new Figures.SiloCount(),
        new Figures.FleetGrowth(),
        new Figures.Failover(),
        new Figures.ConnectStorm(),
    ];
}

/// <summary>How large a run is, and where it may put files.</summary>
/// <param name="Quick">True to see only that a figure can be measured: small fleets, short windows; the values mean nothing.</param>
internal sealed record ScaleRun(bool Quick, BenchFolder Folder)
{
    internal int Size(int full, int quick) => Quick ? quick : full;

    internal TimeSpan Seconds(double full, double quick) => TimeSpan.FromSeconds(Quick ? quick : full);

    /// <summary>Kept as soon as it is said.</summary>
    internal static void Report(FigureResult result) => Console.WriteLine("result " + result.ToJson());

    /// <summary>Shown while the figure runs.</summary>
    internal static void Say(string text) => Console.WriteLine(text);
}
