using System.Collections.Immutable;

namespace Muster.Local;

/// <summary>What another <c>./cluster</c> asks of the supervisor: one line of JSON each way.</summary>
internal sealed record ControlRequest(string Verb, string? Node);

/// <param name="ExitCode">What the asking process ends with.</param>
/// <param name="Lines">What it prints.</param>
internal sealed record ControlAnswer(int ExitCode, ImmutableArray<string> Lines)
{
    internal static ControlAnswer Done(params ImmutableArray<string> lines) => new(Local.ExitCode.Clean, lines);

    internal static ControlAnswer Refused(int exitCode, string why) => new(exitCode, [why]);
}
