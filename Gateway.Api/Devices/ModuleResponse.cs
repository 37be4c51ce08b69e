using Muster.Gateway;

namespace Muster.Devices;

/// <summary>A module as the registry knows it.</summary>
internal sealed record ModuleResponse
{
    public required string ModuleId { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>Who manages it, as it was given.</summary>
    public string? ManagedBy { get; init; }

    /// <summary>To be sent back in <c>If-Match</c>.</summary>
    public required string Etag { get; init; }

    /// <summary>18 digits; a re-created id gets another.</summary>
    public required string GenerationId { get; init; }

    /// <summary><c>Connected</c> or <c>Disconnected</c>.</summary>
    public required string ConnectionState { get; init; }

    /// <summary>UTC; <c>0001-01-01T00:00:00</c> if it never connected.</summary>
    public required string ConnectionStateUpdatedTime { get; init; }

    /// <summary>UTC; <c>0001-01-01T00:00:00</c> if it was never heard.</summary>
    public required string LastActivityTime { get; init; }

    public required AuthenticationMessage Authentication { get; init; }

    /// <summary>Messages in the queue.</summary>
    public required int CloudToDeviceMessageCount { get; init; }

    internal static ModuleResponse From(DeviceIdentity identity) => new()
    {
        ModuleId = identity.ModuleId ?? "",
        DeviceId = identity.DeviceId,
        ManagedBy = identity.ManagedBy,
        Etag = identity.ETag,
        GenerationId = identity.GenerationId,
        ConnectionState = identity.ConnectionState.ToString(),
        ConnectionStateUpdatedTime = HubTime.Text(identity.ConnectionStateUpdatedAt),
        LastActivityTime = HubTime.Text(identity.LastActivityAt),
        Authentication = IdentityWords.Authentication(identity.Authentication),
        CloudToDeviceMessageCount = identity.CloudToDeviceMessageCount,
    };
}
