using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Gates;

/// <summary>A gate of a rollout, a group, a site or a device.</summary>
internal sealed record GateResponse
{
    /// <summary>As paths name it.</summary>
    public required string Id { get; init; }

    /// <summary>By which whoever opens it knows a repeated call.</summary>
    public required string Key { get; init; }

    public required string Name { get; init; }

    /// <summary>device, rollout, group or site.</summary>
    public required string Scope { get; init; }

    /// <summary>Of a gate of a device.</summary>
    public string? DeviceId { get; init; }

    /// <summary>Of a gate of a group: its name.</summary>
    public string? Group { get; init; }

    /// <summary>Of a gate of a site.</summary>
    public string? Site { get; init; }

    public required string Rollout { get; init; }

    /// <summary>beforeOffer, beforeInstall, beforeReboot, beforeCommit or afterVerify.</summary>
    public required string Phase { get; init; }

    /// <summary>manual, webhook, command, telemetry, calendar or dependency.</summary>
    public required string Kind { get; init; }

    /// <summary>requested, preparing, open, consumed, closing, closed, denied or expired.</summary>
    public required string Status { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    public DateTimeOffset? OpenUntil { get; init; }

    /// <summary>Of a manual gate: who opens it.</summary>
    public string? Role { get; init; }

    public string? Actor { get; init; }

    public string? Evidence { get; init; }

    internal static GateResponse From(GateView gate) => new()
    {
        Id = GateIds.Of(gate.DeviceId, gate.Key),
        Key = gate.Key,
        Name = gate.Name,
        Scope = Words.Of(gate.Scope),
        DeviceId = gate.DeviceId.Length > 0 ? gate.DeviceId : null,
        Group = gate.Group,
        Site = gate.Site,
        Rollout = gate.Rollout,
        Phase = Words.Of(gate.Phase),
        Kind = Words.Of(gate.Kind),
        Status = Words.Of(gate.Status),
        Since = gate.Since,
        OpenUntil = gate.OpenUntil,
        Role = gate.Role,
        Actor = gate.Actor,
        Evidence = gate.Evidence,
    };
}

/// <param name="Gates">Some of them.</param>
/// <param name="Next">What to give as <c>after</c> to go on; absent at the end.</param>
internal sealed record GatesResponse(GateResponse[] Gates, string? Next);

internal sealed record GateSecretResponse(string Secret)
{
    /// <summary>No secret in the text: records print themselves.</summary>
    public override string ToString() => nameof(GateSecretResponse);
}

/// <summary>What a person says of a gate.</summary>
internal sealed record GateRequest : IRequestMessage<GateRequest>
{
    internal const string Example = """{ "leaseSeconds": 1800, "evidence": "Valves 3 and 4 are shut, the line is at 0 bar." }""";

    public static int MaxBytes => 16 * 1024;

    /// <summary>How long it is open, 1 to 2592000. Default: as its plan says.</summary>
    public double? LeaseSeconds { get; init; }

    /// <summary>At most 1024 characters.</summary>
    public string? Evidence { get; init; }

    internal TimeSpan? Lease => LeaseSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public static GateRequest Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, GateJson.Default.GateRequest) ?? throw new JsonException("A JSON object is expected.");

    public Refusal? Check(RequestIds route) => GateCallbackRequest.WhyNot(LeaseSeconds, Evidence);
}

/// <summary>What an operator says of a gate whose close-out nobody hears.</summary>
internal sealed record GateCloseRequest : IRequestMessage<GateCloseRequest>
{
    internal const string Example = """{ "evidence": "Rang the plant: the fuel goes through P7 again." }""";

    public static int MaxBytes => 16 * 1024;

    /// <summary>How it was seen that what was arranged is undone, 1 to 1024 characters.</summary>
    public string? Evidence { get; init; }

    public static GateCloseRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, GateJson.Default.GateCloseRequest) ?? throw new JsonException("A JSON object is expected.");

    public Refusal? Check(RequestIds route) =>
        string.IsNullOrWhiteSpace(Evidence) ? new Refusal(HubErrorCode.ArgumentInvalid, "evidence must say how it was seen that it is over.") : GateCallbackRequest.WhyNot(null, Evidence);
}

/// <summary>What whoever was called says of a gate.</summary>
internal sealed record GateCallbackRequest : IRequestMessage<GateCallbackRequest>
{
    internal const string Example = """{ "state": "open", "leaseSeconds": 2700, "evidence": "Fuel goes around P7 by line 2." }""";
    private const double MaxLease = 30 * 86_400;
    private const int MaxEvidence = 1024;

    public static int MaxBytes => 16 * 1024;

    /// <summary>open (also to renew the lease), renew (which opens nothing that is not open) or deny.</summary>
    public string? State { get; init; }

    /// <summary>How long it is open, 1 to 2592000. Default: as its plan says.</summary>
    public double? LeaseSeconds { get; init; }

    /// <summary>At most 1024 characters.</summary>
    public string? Evidence { get; init; }

    internal TimeSpan? Lease => LeaseSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    internal GateWord Word => State switch { "deny" => GateWord.Deny, "renew" => GateWord.Renew, _ => GateWord.Open };

    public static GateCallbackRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, GateJson.Default.GateCallbackRequest) ?? throw new JsonException("A JSON object is expected.");

    public Refusal? Check(RequestIds route) =>
        State is not ("open" or "renew" or "deny") ? new Refusal(HubErrorCode.ArgumentInvalid, "state must be open, renew or deny.") : WhyNot(LeaseSeconds, Evidence);

    internal static Refusal? WhyNot(double? leaseSeconds, string? evidence) =>
        leaseSeconds is not (null or (>= 1 and <= MaxLease)) ? new Refusal(HubErrorCode.ArgumentInvalid, $"leaseSeconds must be from 1 to {MaxLease:0}.")
        : evidence is { Length: > MaxEvidence } ? new Refusal(HubErrorCode.ArgumentInvalid, $"evidence may have at most {MaxEvidence} characters.")
        : null;
}

[JsonSerializable(typeof(GateResponse))]
[JsonSerializable(typeof(GatesResponse))]
[JsonSerializable(typeof(GateSecretResponse))]
[JsonSerializable(typeof(GateRequest))]
[JsonSerializable(typeof(GateCloseRequest))]
[JsonSerializable(typeof(GateCallbackRequest))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class GateJson : JsonSerializerContext;
