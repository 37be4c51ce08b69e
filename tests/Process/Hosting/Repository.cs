namespace Muster.Hosting;

/// <summary>Where this repository is, and what was built in it.</summary>
internal static class Repository
{
    // artifacts/bin/Process/<configuration>/
    internal static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    internal static string Configuration { get; } = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    internal static string SiloExecutable { get; } = Path.Combine(Root, "artifacts", "bin", "Silo", Configuration, "Muster.Silo");
}
