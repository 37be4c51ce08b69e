using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What is approved: the plan, and the release as it was then, byte for byte. Members stand in the order of their declaration, so equal plans hash alike.</summary>
internal static class PlanHash
{
    private static readonly JsonSerializerOptions Canonical = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>SHA-256, lower-case hex.</summary>
    internal static string Of(RolloutSpec spec, PlannedRelease release) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new Approved(spec, release), Canonical)));

    private sealed record Approved(RolloutSpec Spec, PlannedRelease Release);
}
