namespace Muster.Hosting;

/// <summary>What the process ends with; part of the contract with scripts.</summary>
internal static class ExitCode
{
    internal const int Clean = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int DataFolder = 3;
    internal const int Port = 4;

    /// <summary>The cluster declared this silo dead, or Orleans cannot go on: a new process has to take its place.</summary>
    internal const int Evicted = 6;

    /// <summary>128 + SIGINT, as a shell would say it: the second Ctrl-C did not wait for the clean stop.</summary>
    internal const int Interrupted = 130;
}

/// <summary>The hub cannot start, for a reason that its operator can mend; each line says one.</summary>
internal sealed class StartupException(int exitCode, params IReadOnlyList<string> lines) : Exception(string.Join('\n', lines))
{
    internal int ExitCode { get; } = exitCode;

    internal IReadOnlyList<string> Lines { get; } = lines;
}
