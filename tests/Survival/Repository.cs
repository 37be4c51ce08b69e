namespace Muster.Survival;

/// <summary>Where this repository is, and what was built in it.</summary>
internal static class Repository
{
    // artifacts/bin/<project>/<configuration>/
    internal static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    internal static string Configuration { get; } = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    internal static string Results { get; } = Path.Combine(Root, "tests", "Process", "results", "survive.jsonl");

    internal static string SiloExecutable { get; } = Path.Combine(Root, "artifacts", "bin", "Silo", Configuration, "Muster.Silo");

    /// <summary>Of what is checked out; "-dirty" where it was changed; "unknown" without git.</summary>
    internal static async Task<string> CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The results themselves change with every round.
            var text = await ChildProcess.RunAsync(
                "git", ["-C", Root, "describe", "--always", "--abbrev=10", "--exclude=*"], cancellationToken);
            var changes = await ChildProcess.RunAsync(
                "git", ["-C", Root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!tests/Process/results"], cancellationToken);
            return text.Trim() + (changes.Length == 0 ? "" : "-dirty");
        }
        catch (Exception fault) when (fault is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
