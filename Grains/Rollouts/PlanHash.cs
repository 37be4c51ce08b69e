using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>
/// What is approved: the plan, the release as it was then, byte for byte, and what devices fall back to where they have nothing else. Members stand in the order of their
/// declaration, so equal plans hash alike.
/// </summary>
internal static class PlanHash
{
    private static readonly JsonSerializerOptions Canonical = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>SHA-256, lower-case hex.</summary>
    /// <param name="spec">The plan.</param>
    /// <param name="release">The release.</param>
    /// <param name="golden">Model to the id of its golden release; null or empty where there is none.</param>
    internal static string Of(RolloutSpec spec, PlannedRelease release, IReadOnlyDictionary<string, string>? golden = null)
    {
        var sorted = golden is { Count: > 0 } ? new SortedDictionary<string, string>(golden.ToDictionary(), StringComparer.Ordinal) : null;
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new Approved(spec, release, sorted), Canonical)));
    }

    private sealed record Approved(
        RolloutSpec Spec, PlannedRelease Release, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SortedDictionary<string, string>? Golden);
}
