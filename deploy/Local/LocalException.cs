namespace Muster.Local;

/// <summary>Something that the operator can mend: one line, and the exit code that goes with it.</summary>
public sealed class LocalException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
