using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>What an agent says of an action. Words are as they came; those that are missing are empty.</summary>
/// <param name="Execution">closed, proceeding, canceled, scheduled, rejected, resumed, downloaded or download.</param>
/// <param name="Finished">success, failure or none.</param>
/// <param name="Code">The agent's own; null if it has none.</param>
/// <param name="Details">Lines for people, at most <see cref="MaxDetails"/>, each cut to <see cref="AgentLog.MaxLineLength"/> characters.</param>
internal sealed record FeedbackMessage(string Execution, string Finished, string? Code, IReadOnlyList<string> Details)
{
    internal const int MaxDetails = 64;

    /// <summary>False with a problem where it is not what DDI has: a status with an execution.</summary>
    internal static bool TryParse(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out FeedbackMessage? message, [NotNullWhen(false)] out string? problem)
    {
        (message, problem) = (null, null);
        try
        {
            using var json = JsonDocument.Parse(body);
            if (Object(json.RootElement, "status") is not { } status || Text(status, "execution") is not { Length: > 0 } execution)
            {
                problem = "status.execution is missing.";
                return false;
            }

            var finished = Object(status, "result") is { } result ? Text(result, "finished") : null;
            message = new FeedbackMessage(execution.ToLowerInvariant(), finished?.ToLowerInvariant() ?? "", ReadCode(status), Lines(status));
            return true;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // The second: half of a surrogate pair, or bytes that are not UTF-8, of which no text can be made.
            problem = $"The body is not JSON: {wrong.Message}";
            return false;
        }
    }

    private static JsonElement? Object(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.Object ? child : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.String ? child.GetString() : null;

    private static string? ReadCode(JsonElement status) => status.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number
        ? code.TryGetInt64(out var number) ? number.ToString(CultureInfo.InvariantCulture) : null
        : null;

    // Some agents send one line where an array belongs.
    private static List<string> Lines(JsonElement status)
    {
        var lines = new List<string>();
        if (!status.TryGetProperty("details", out var details))
        {
            return lines;
        }

        foreach (var line in details.ValueKind == JsonValueKind.Array ? [.. details.EnumerateArray()] : (JsonElement[])[details])
        {
            if (line.ValueKind == JsonValueKind.String && line.GetString()!.Trim() is { Length: > 0 } text && lines.Count < MaxDetails)
            {
                lines.Add(Excerpt.Head(text, AgentLog.MaxLineLength));
            }
        }

        return lines;
    }
}
