using Muster.Updates;

namespace Muster.Ddi;

/// <summary>
/// What an agent's feedback means. "success" is not one thing: RAUC says it once the image is written, SWUpdate once the new one has booted, or when it did
/// nothing at all. By the sequences that the agents were seen to send.
/// </summary>
internal static class DdiFeedback
{
    private const string Skipped = "Skipped Update.";
    private const string Installation = "20000001";

    /// <summary>What feedback to a deployment says.</summary>
    internal static AgentEvent OfDeployment(UpdateAgent agent, FeedbackMessage said) => (said.Execution, said.Finished) switch
    {
        ("closed", "failure") => AgentEvent.Failed,
        ("closed", _) when Says(said, Skipped) => AgentEvent.Skipped,
        ("closed", _) => agent == UpdateAgent.Rauc ? AgentEvent.Installed : AgentEvent.Succeeded,
        ("canceled", _) => AgentEvent.Canceled,
        ("download", _) => AgentEvent.Downloading,
        ("downloaded", _) => AgentEvent.Downloaded,
        ("proceeding" or "resumed" or "scheduled", _) => agent == UpdateAgent.Rauc ? OfRauc(said) : OfSwUpdate(said),
        _ => AgentEvent.Log,
    };

    /// <summary>What feedback to a cancellation says.</summary>
    internal static AgentEvent OfCancellation(FeedbackMessage said) => (said.Execution, said.Finished) switch
    {
        ("closed", "failure") or ("rejected", _) => AgentEvent.CancelRejected,
        ("closed", _) or ("canceled", _) => AgentEvent.Canceled,
        _ => AgentEvent.Log,
    };

    /// <summary>The lines that tell of errors; SWUpdate and RAUC mark theirs.</summary>
    internal static IEnumerable<string> Errors(FeedbackMessage said) => said.Details.Where(static line =>
        line.StartsWith("ERROR", StringComparison.Ordinal) || line.StartsWith("LastError", StringComparison.Ordinal));

    /// <summary>The words that go with the event: errors that were said before it first, since the last sentence of an agent explains little.</summary>
    /// <param name="said">The feedback itself.</param>
    /// <param name="happened">What it means.</param>
    /// <param name="earlier">Errors of the same update, in the order in which they were said.</param>
    internal static string? Words(FeedbackMessage said, AgentEvent happened, IReadOnlyList<string> earlier)
    {
        IEnumerable<string> lines = happened switch
        {
            AgentEvent.Failed => earlier.Concat(said.Details).Distinct(StringComparer.Ordinal),
            AgentEvent.Log when Errors(said).Any() => Errors(said),
            _ => said.Details,
        };
        var text = string.Join('\n', lines);
        return text.Length == 0 ? null : Excerpt.Tail(text, AgentReport.MaxMessageLength);
    }

    /// <summary>The code of a failure, as the hub has them: 10000001 network, 10000002 checksum, 10000003 space, 20000001 installation. By the agents' words, since they have no codes.</summary>
    internal static string Code(string? words) =>
        words is null ? Installation
        : words.Contains("HASH mismatch", StringComparison.Ordinal) || words.Contains("checksum", StringComparison.OrdinalIgnoreCase) ? "10000002"
        : words.Contains("No space left", StringComparison.OrdinalIgnoreCase) ? "10000003"
        : words.Contains("Channel", StringComparison.Ordinal) || words.Contains("Download failed", StringComparison.OrdinalIgnoreCase) ? "10000001"
        : Installation;

    private static AgentEvent OfSwUpdate(FeedbackMessage said) =>
        Says(said, "Installing Update Chunk Artifacts.") ? AgentEvent.Downloading
        : Says(said, "All Chunks Installed.") || Says(said, "Update Installed, Testing Pending.") ? AgentEvent.Installed
        : Says(said, "Installed Chunk.") ? AgentEvent.Installing
        : AgentEvent.Log;

    private static AgentEvent OfRauc(FeedbackMessage said) =>
        said.Details.Any(static line => line.StartsWith("Download complete", StringComparison.Ordinal)) || Says(said, "File checksum OK.") ? AgentEvent.Downloaded
        : said.Details.Any(IsProgress) ? AgentEvent.Installing
        : AgentEvent.Log;

    private static bool Says(FeedbackMessage said, string sentence) => said.Details.Any(line => line == sentence);

    // " 20% Checking bundle done."
    private static bool IsProgress(string line) =>
        line.IndexOf('%', StringComparison.Ordinal) is > 0 and <= 3 and var end && line.AsSpan(0, end).TrimStart() is { Length: > 0 } number && !number.ContainsAnyExceptInRange('0', '9');
}
