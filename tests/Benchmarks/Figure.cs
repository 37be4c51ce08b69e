namespace Muster.Benchmarks;

/// <summary>Something that <c>./bench</c> measures; each runs in a process of its own, so that none inherits another's heap or JIT.</summary>
internal abstract class Figure
{
    /// <summary>As the command line takes it; its results carry this name, or this name and a suffix.</summary>
    internal abstract string Name { get; }

    /// <summary>One line for <c>./bench --list</c>.</summary>
    internal abstract string Title { get; }

    internal abstract Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder);

    internal static IReadOnlyList<Figure> All { get; } =
    [
        new Figures.TwinUpdates(),
        new Figures.TwinGarbage(),
        new Figures.Telemetry(),
        new Figures.Methods(),
        new Figures.GrainHeap(),
        new Figures.IdleConnections(),
        new Figures.TlsConnects(),
        new Figures.TagQuery(),
        new Figures.EventsLatency(),
        new Figures.EventsNode(),
        new Figures.EventsAmqpNetLite(),
        new Figures.CloudToDevice(),
        new Figures.Pump(),
        new Figures.ArtifactDownload(),
        new Figures.RolloutFigure(),
    ];
}

/// <summary>A folder on the disk under test, gone at the end.</summary>
internal sealed class BenchFolder : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("muster-bench-");

    internal string Root => root.FullName;

    internal string Sub(string name) => root.CreateSubdirectory(name).FullName;

    public void Dispose() => root.Delete(recursive: true);
}
