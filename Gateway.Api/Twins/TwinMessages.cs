using System.Text.Json;
using Muster.Devices;

namespace Muster.Twins;

/// <summary>A twin, for the API's description: on the wire it is passed through as the grain gave it.</summary>
internal sealed record TwinResponse
{
    public required string DeviceId { get; init; }

    /// <summary>Absent for a device.</summary>
    public string? ModuleId { get; init; }

    /// <summary>Of the twin; to be sent back in <c>If-Match</c>.</summary>
    public required string Etag { get; init; }

    /// <summary>Of the identity.</summary>
    public required string DeviceEtag { get; init; }

    /// <summary><c>enabled</c> or <c>disabled</c>.</summary>
    public required string Status { get; init; }

    public string? StatusReason { get; init; }

    public required string StatusUpdateTime { get; init; }

    /// <summary><c>Connected</c> or <c>Disconnected</c>.</summary>
    public required string ConnectionState { get; init; }

    public required string LastActivityTime { get; init; }

    public required int CloudToDeviceMessageCount { get; init; }

    public required string AuthenticationType { get; init; }

    public required ThumbprintMessage X509Thumbprint { get; init; }

    /// <summary>The Plug and Play model that the device announced; empty if none.</summary>
    public required string ModelId { get; init; }

    /// <summary>Every accepted change raises it.</summary>
    public required long Version { get; init; }

    /// <summary>The operator's labels, which the device never sees; at most 8 KB.</summary>
    public required JsonElement Tags { get; init; }

    public required TwinPropertiesResponse Properties { get; init; }

    public required CapabilitiesMessage Capabilities { get; init; }
}

/// <param name="Desired">What the operator wants, with <c>$version</c> and <c>$metadata</c>; at most 32 KB.</param>
/// <param name="Reported">What the device says of itself, with <c>$version</c> and <c>$metadata</c>; at most 32 KB.</param>
internal sealed record TwinPropertiesResponse(JsonElement Desired, JsonElement Reported);

/// <summary>A change of a twin, for the API's description.</summary>
/// <param name="Tags">Tags to merge or to put in place; null clears them.</param>
internal sealed record TwinChangeRequest(JsonElement? Tags, TwinDesiredRequest? Properties);

/// <param name="Desired">Desired properties to merge or to put in place; null clears them.</param>
internal sealed record TwinDesiredRequest(JsonElement? Desired);
