using System.Text.Json.Serialization;
using Muster.Gateway;

namespace Muster.Devices;

/// <summary>A device as the registry knows it.</summary>
internal sealed record IdentityResponse
{
    public required string DeviceId { get; init; }

    /// <summary>18 digits; a re-created id gets another.</summary>
    public required string GenerationId { get; init; }

    /// <summary>To be sent back in <c>If-Match</c>.</summary>
    public required string Etag { get; init; }

    /// <summary><c>Connected</c> or <c>Disconnected</c>.</summary>
    public required string ConnectionState { get; init; }

    /// <summary><c>enabled</c> or <c>disabled</c>.</summary>
    public required string Status { get; init; }

    public string? StatusReason { get; init; }

    /// <summary>UTC; <c>0001-01-01T00:00:00</c> if it never connected.</summary>
    public required string ConnectionStateUpdatedTime { get; init; }

    /// <summary>UTC; <c>0001-01-01T00:00:00</c> if it never changed.</summary>
    public required string StatusUpdatedTime { get; init; }

    /// <summary>UTC; <c>0001-01-01T00:00:00</c> if it was never heard.</summary>
    public required string LastActivityTime { get; init; }

    /// <summary>Cloud-to-device messages in the queue.</summary>
    public required int CloudToDeviceMessageCount { get; init; }

    public required AuthenticationMessage Authentication { get; init; }

    public required CapabilitiesMessage Capabilities { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceScope { get; init; }

    public required string[] ParentScopes { get; init; }

    internal static IdentityResponse From(DeviceIdentity identity) => new()
    {
        DeviceId = identity.DeviceId,
        GenerationId = identity.GenerationId,
        Etag = identity.ETag,
        ConnectionState = identity.ConnectionState.ToString(),
        Status = IdentityWords.Word(identity.Status),
        StatusReason = identity.StatusReason,
        ConnectionStateUpdatedTime = HubTime.Text(identity.ConnectionStateUpdatedAt),
        StatusUpdatedTime = HubTime.Text(identity.StatusUpdatedAt),
        LastActivityTime = HubTime.Text(identity.LastActivityAt),
        CloudToDeviceMessageCount = identity.CloudToDeviceMessageCount,
        Authentication = IdentityWords.Authentication(identity.Authentication),
        Capabilities = new(identity.IotEdge),
        DeviceScope = identity.DeviceScope,
        ParentScopes = identity.ParentScopes,
    };
}
