namespace Muster.Local;

/// <summary>What the process ends with: the same numbers as <c>./run</c>.</summary>
internal static class ExitCode
{
    internal const int Clean = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int DataFolder = 3;
    internal const int Port = 4;
    internal const int Missing = 5;

    /// <summary>128 + SIGINT: the second Ctrl-C did not wait for the clean stop.</summary>
    internal const int Interrupted = 130;
}
